using System.Globalization;
using Matrix.Bus.Clients;

namespace Matrix.Bus.Benchmarks.Load;

/// <summary>What a load run shall do.</summary>
sealed record LoadOptions
{
    public const string Usage = """
        load --url URL[,URL…] --registration-secret SECRET
             [--users 20] [--rooms 64] [--concurrency 1,10,64] [--seconds 20] [--warm-up 3]
             [--listeners 2] [--listened-rooms 8]      who measures the time to another's sync, and where
             [--initial-sync-rooms 500]                0 for none
             [--server-pid PID[,PID…]]                 memory and CPU of these processes and their children
             [--baseline CONNECTION-STRING|DIRECTORY]  bare commits in this PostgreSQL, or in the one of a data directory
             [--baseline-user NAME]                    for a DIRECTORY; default matrix_bus
             [--no-verify] [--json FILE]
        """;

    public required IReadOnlyList<Uri> Urls { get; init; }

    public required string Secret { get; init; }

    public required int Users { get; init; }

    public required int Rooms { get; init; }

    public required IReadOnlyList<int> Concurrency { get; init; }

    public required TimeSpan Duration { get; init; }

    public required TimeSpan WarmUp { get; init; }

    public required int Listeners { get; init; }

    public required int ListenedRooms { get; init; }

    public required int InitialSyncRooms { get; init; }

    public required IReadOnlyList<int> ServerPids { get; init; }

    public required string? Baseline { get; init; }

    public required string? BaselineUser { get; init; }

    public required bool Verify { get; init; }

    public required string? JsonFile { get; init; }

    /// <summary>Reads the command line.</summary>
    /// <exception cref="FormatException">It is wrong, and how.</exception>
    public static LoadOptions Parse(IEnumerable<string> words)
    {
        var arguments = new Arguments(words);
        var options = new LoadOptions
        {
            Urls = [.. arguments.List("url").Select(url => new Uri(url))],
            Secret = arguments.Required("registration-secret"),
            Users = arguments.Count("users", 20),
            Rooms = arguments.Count("rooms", 64),
            Concurrency = arguments.Has("concurrency") ? Numbers(arguments.List("concurrency")) : [1, 10, 64],
            Duration = TimeSpan.FromSeconds(arguments.Number("seconds", 20)),
            WarmUp = TimeSpan.FromSeconds(arguments.Number("warm-up", 3)),
            Listeners = arguments.Count("listeners", 2),
            ListenedRooms = arguments.Count("listened-rooms", 8),
            InitialSyncRooms = arguments.Count("initial-sync-rooms", 0),
            ServerPids = Numbers(arguments.List("server-pid")),
            Baseline = arguments.Text("baseline") ?? arguments.Text("postgres"),
            BaselineUser = arguments.Text("baseline-user"),
            Verify = !arguments.Has("no-verify"),
            JsonFile = arguments.Text("json"),
        };
        arguments.RefuseUnknown();
        if (options.Urls.Count == 0)
            throw new FormatException("--url is needed.");
        if (options.Users < 2 || options.Rooms < 1 || options.Listeners < 1 || options.ListenedRooms < 1 || options.Concurrency.Any(level => level < 1))
            throw new FormatException("At least two users, one room, one listener, one listened room and one sender are needed.");
        return options;
    }

    static IReadOnlyList<int> Numbers(IReadOnlyList<string> texts) =>
        [.. texts.Select(text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number : throw new FormatException($"'{text}' is no number."))];
}
