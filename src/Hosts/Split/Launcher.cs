using System.Collections.Concurrent;
using System.Diagnostics;

namespace Matrix.Bus.Split;

/// <summary>
/// Starts processes that end when this one does, however it ends. The kernel ties a child to the thread that made it,
/// so all are made by one thread that lives as long as the process.
/// </summary>
static class Launcher
{
    static readonly BlockingCollection<Action> Work = [];
    static readonly bool CanTie = OperatingSystem.IsLinux() && File.Exists("/usr/bin/setpriv");

    static Launcher() => new Thread(() =>
    {
        foreach (var start in Work.GetConsumingEnumerable())
            start();
    })
    { IsBackground = true, Name = "launcher" }.Start();

    /// <summary>Starts a command in a session of its own: a Ctrl-C reaches us alone, and we end the others in order.</summary>
    public static Task<Process> Start(
        IReadOnlyList<string> command, string logFile, IReadOnlyDictionary<string, string> environment)
    {
        string[] tie = CanTie ? ["/usr/bin/setpriv", "--pdeathsig", "TERM", "--"] : [];
        string[] session = OperatingSystem.IsLinux() ? ["setsid"] : [];
        string[] whole =
            [.. tie, .. session, "sh", "-c", "log=$1; shift; exec \"$@\" >> \"$log\" 2>&1 < /dev/null", "sh", logFile, .. command];
        var start = new ProcessStartInfo(whole[0], whole[1..]) { UseShellExecute = false };
        foreach (var (key, value) in environment)
            start.Environment[key] = value;

        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        Work.Add(() =>
        {
            try
            {
                started.SetResult(Process.Start(start)!);
            }
            catch (Exception failure)
            {
                started.SetException(failure);
            }
        });
        return started.Task;
    }
}
