using System.Diagnostics;
using System.Globalization;

namespace Matrix.Bus.Harness;

/// <summary>
/// Ends what tests have started, even when the test process is killed: a shell beside it that reads from a pipe
/// what there is to end, and ends it when the pipe closes.
/// </summary>
static class Watchdog
{
    // Only what is still listed when the pipe closes is killed: a number that was given back may be somebody else's.
    const string Script = """
        trap '' INT TERM HUP
        list=$(mktemp)
        while read -r line; do
            case $line in
                -*) grep -vxF -- "+${line#-}" "$list" > "$list.new"; mv "$list.new" "$list" ;;
                *) printf '%s\n' "$line" >> "$list" ;;
            esac
        done
        while read -r what argument; do
            case $what in
                +group) kill -KILL -- "-$argument" 2>/dev/null ;;
                +postmaster) pid=$(head -n 1 "$argument" 2>/dev/null) && kill -QUIT "$pid" 2>/dev/null ;;
            esac
        done < "$list"
        sleep 1
        while read -r what argument; do
            case $what in +directory) rm -rf -- "$argument" ;; esac
        done < "$list"
        rm -f -- "$list"
        """;

    static readonly Lock Gate = new();
    static readonly Lazy<StreamWriter> Pipe = new(Start);

    public static void Guard(Process process) => Say($"+group {Id(process)}");

    public static void Forget(Process process) => Say($"-group {Id(process)}");

    /// <summary>Ends the PostgreSQL that this process file names, should there be one.</summary>
    public static void GuardPostmaster(string pidFile) => Say($"+postmaster {pidFile}");

    public static void ForgetPostmaster(string pidFile) => Say($"-postmaster {pidFile}");

    /// <summary>Deletes this directory at the end.</summary>
    public static void GuardDirectory(string path) => Say($"+directory {path}");

    public static void ForgetDirectory(string path) => Say($"-directory {path}");

    static string Id(Process process) => process.Id.ToString(CultureInfo.InvariantCulture);

    static void Say(string line)
    {
        lock (Gate)
        {
            Pipe.Value.WriteLine(line);
            Pipe.Value.Flush();
        }
    }

    static StreamWriter Start()
    {
        var shell = Process.Start(new ProcessStartInfo("setsid", ["bash", "-c", Script])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            // Of our output it must hold nothing: a test runner waits until everybody has closed it.
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        return shell.StandardInput;
    }
}
