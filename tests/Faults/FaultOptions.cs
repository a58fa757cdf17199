using Matrix.Bus.Clients;
using Matrix.Bus.Faults.Schedules;

namespace Matrix.Bus.Faults;

/// <summary>What a fault run shall do.</summary>
sealed record FaultOptions
{
    public const string Usage = """
        --seed N [--minutes 1] [--faults N]   10 faults a minute if not said
            [--shape split|one]
            [--only TARGET[,TARGET…]]         faults happen to these alone: names of a printed schedule, or parts of names
            [--kinds KIND[,KIND…]]            only faults of these kinds: Kill, Pause, Cut, Silence, Reset, Crash
            [--users 6] [--rooms 8] [--talkers 12] [--listeners 4] [--pace-ms 100]
            [--logs DIRECTORY]                keeps the processes' logs
        """;

    public required ulong Seed { get; init; }

    public required TimeSpan Length { get; init; }

    public required int Faults { get; init; }

    public required bool Split { get; init; }

    public required IReadOnlyList<string> Only { get; init; }

    public required IReadOnlyList<FaultKind> Kinds { get; init; }

    public required Crowd.CrowdSize Crowd { get; init; }

    public required string? Logs { get; init; }

    /// <summary>Reads the command line.</summary>
    /// <exception cref="FormatException">It is wrong, and how.</exception>
    public static FaultOptions Parse(IEnumerable<string> words)
    {
        var arguments = new Arguments(words);
        var minutes = arguments.Number("minutes", 1);
        var shape = arguments.Text("shape") ?? "split";
        var options = new FaultOptions
        {
            Seed = ulong.TryParse(arguments.Required("seed"), out var seed) ? seed : throw new FormatException("--seed wants a number."),
            Length = TimeSpan.FromMinutes(minutes),
            Faults = arguments.Count("faults", (int)Math.Ceiling(minutes * 10)),
            Split = shape switch
            {
                "split" => true,
                "one" => false,
                _ => throw new FormatException($"--shape is split or one, not '{shape}'."),
            },
            Only = arguments.List("only"),
            Kinds = [.. arguments.List("kinds").Select(kind => Enum.TryParse<FaultKind>(kind, ignoreCase: true, out var known) ? known
                : throw new FormatException($"--kinds: there is no '{kind}'."))],
            Crowd = new Crowd.CrowdSize(arguments.Count("users", 6), arguments.Count("rooms", 8), arguments.Count("talkers", 12),
                arguments.Count("listeners", 4), TimeSpan.FromMilliseconds(arguments.Number("pace-ms", 100))),
            Logs = arguments.Text("logs"),
        };
        arguments.RefuseUnknown();
        return options;
    }
}
