using System.Text.Encodings.Web;
using System.Text.Json;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.Tool.Commands;

/// <summary>
/// <c>resolve-state --room-version V --events FILE… [--state FILE…] [--trust-event-ids]</c>: works out a room's state from
/// events in files, to find out how a state reset came about.
/// </summary>
/// <remarks>Event files hold JSON arrays of events in the federation format, state files JSON arrays of event ids. With
/// states these are resolved, without any the events are replayed. The resolved event ids go to the output as a sorted
/// JSON array, what was left out or refused to the errors.</remarks>
public static class ResolveState
{
    /// <summary>How to call it.</summary>
    public const string Usage = "resolve-state --room-version V --events FILE... [--state FILE...] [--trust-event-ids]";

    // For a terminal, not for a web page: event ids keep their + and /.
    static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, WriteIndented = true };

    /// <summary>Runs the command with the arguments behind its name.</summary>
    /// <returns>0, 1 if a file cannot be read or resolved, or 2 for arguments that make no sense.</returns>
    public static int Run(IReadOnlyList<string> arguments, TextWriter output, TextWriter errors)
    {
        if (!Request.TryParse(arguments, out var request, out var problem))
        {
            errors.WriteLine(problem);
            errors.WriteLine($"Usage: {Usage}");
            return 2;
        }
        try
        {
            var result = StateForensics.Resolve(request.Version!, Read(request.Events), Read(request.States), request.TrustEventIds);
            foreach (var remark in result.Remarks)
                errors.WriteLine(remark);
            output.WriteLine(JsonSerializer.Serialize(result.EventIds, Json));
            return 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            errors.WriteLine(e.Message);
            return 1;
        }
    }

    static List<ReadOnlyMemory<byte>> Read(List<string> files) => files.ConvertAll(file => new ReadOnlyMemory<byte>(File.ReadAllBytes(file)));

    sealed class Request
    {
        public RoomVersion? Version { get; private set; }

        public List<string> Events { get; } = [];

        public List<string> States { get; } = [];

        public bool TrustEventIds { get; private set; }

        public static bool TryParse(IReadOnlyList<string> arguments, out Request request, out string? problem)
        {
            request = new Request();
            var option = "";
            foreach (var argument in arguments)
            {
                problem = request.Take(argument, ref option);
                if (problem is not null)
                    return false;
            }
            problem = request.Version is null ? "--room-version is missing." : request.Events.Count == 0 ? "--events is missing." : null;
            return problem is null;
        }

        string? Take(string argument, ref string option)
        {
            switch (argument)
            {
                case "--trust-event-ids":
                    TrustEventIds = true;
                    return null;
                case "--room-version" or "--events" or "--state":
                    option = argument;
                    return null;
                case ['-', '-', ..]:
                    return $"{argument} is not an option.";
            }
            switch (option)
            {
                case "--room-version":
                    Version = RoomVersion.Find(argument);
                    option = "";
                    return Version is null ? $"Room version '{argument}' is not known." : null;
                case "--events":
                    Events.Add(argument);
                    return null;
                case "--state":
                    States.Add(argument);
                    return null;
                default:
                    return $"'{argument}' belongs to no option.";
            }
        }
    }
}
