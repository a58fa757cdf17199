using System.Diagnostics;

namespace Matrix.Bus.Harness;

/// <summary>A process of a deployment, with what a fault run does to it.</summary>
public sealed class ServerProcess : IAsyncDisposable
{
    static readonly TimeSpan Grace = TimeSpan.FromSeconds(20);

    readonly string[] command;
    readonly IReadOnlyDictionary<string, string> environment;
    Process process;

    ServerProcess(string name, string logFile, string[] command, IReadOnlyDictionary<string, string> environment)
    {
        (Name, LogFile, this.command, this.environment) = (name, logFile, command, environment);
        process = Launch();
    }

    /// <summary>What this process is in its deployment, such as <c>sync-1</c>.</summary>
    public string Name { get; }

    /// <summary>Where its output goes; a restart appends.</summary>
    public string LogFile { get; }

    /// <summary>The number of the process that runs now, or ran last.</summary>
    public int Pid => process.Id;

    /// <summary>True while it lives, paused or not.</summary>
    public bool IsRunning => !process.HasExited;

    /// <summary>Starts a program in a session of its own, its output going to a file.</summary>
    public static ServerProcess Start(
        string name, string logFile, string[] command, IReadOnlyDictionary<string, string>? environment = null) =>
        new(name, logFile, command, environment ?? new Dictionary<string, string>());

    /// <summary>kill -9, and waits until it is gone.</summary>
    public async Task Kill()
    {
        Signal(Signals.Kill);
        await process.WaitForExitAsync();
        Watchdog.Forget(process);
    }

    /// <summary>Freezes it: connections stay open and nothing answers.</summary>
    public void Pause() => Signal(Signals.Stop);

    /// <summary>Lets it go on after <see cref="Pause"/>.</summary>
    public void Resume() => Signal(Signals.Continue);

    /// <summary>Asks it to end (SIGTERM) and waits; false if it had to be killed.</summary>
    public async Task<bool> Stop()
    {
        Signal(Signals.Terminate);
        Signal(Signals.Continue);
        using var grace = new CancellationTokenSource(Grace);
        try
        {
            await process.WaitForExitAsync(grace.Token);
            Watchdog.Forget(process);
            return true;
        }
        catch (OperationCanceledException)
        {
            await Kill();
            return false;
        }
    }

    /// <summary>Starts it again with what it was started with; kills it first if it lives.</summary>
    public async Task Restart()
    {
        if (IsRunning)
            await Kill();
        process.Dispose();
        process = Launch();
    }

    /// <summary>The end of its log.</summary>
    public string LogTail(int lines = 60) =>
        File.Exists(LogFile) ? string.Join('\n', File.ReadLines(LogFile).TakeLast(lines)) : "(no log)";

    public async ValueTask DisposeAsync()
    {
        if (IsRunning)
            await Stop();
        process.Dispose();
    }

    Process Launch()
    {
        // Its own session, so that a Ctrl-C in the terminal is the tests' alone, and a group that can be killed whole.
        var start = new ProcessStartInfo("setsid",
            ["sh", "-c", "log=$1; shift; exec \"$@\" >> \"$log\" 2>&1 < /dev/null", "sh", LogFile, .. command])
        {
            UseShellExecute = false,
        };
        foreach (var (key, value) in environment)
            start.Environment[key] = value;
        var started = Process.Start(start)!;
        Watchdog.Guard(started);
        return started;
    }

    void Signal(int signal)
    {
        if (!process.HasExited)
            Signals.Send(process.Id, signal);
    }
}
