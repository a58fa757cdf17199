using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Matrix.Bus.Split;

/// <summary>A process that is kept running.</summary>
sealed partial class Child(string name, string logFile, IReadOnlyList<string> command, IReadOnlyDictionary<string, string> environment)
{
    const int WrongConfiguration = 78, SigTerm = 15;

    static readonly TimeSpan Grace = TimeSpan.FromSeconds(35);
    static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    public string Name => name;

    public string LogFile => logFile;

    public Process? Process { get; private set; }

    /// <summary>Keeps it running until <paramref name="cancel"/>, then asks it to end; answers a code if it cannot run.</summary>
    public async Task<int?> Keep(CancellationToken cancel)
    {
        var pause = TimeSpan.FromMilliseconds(250);
        while (true)
        {
            var clock = Stopwatch.StartNew();
            Process = await Launcher.Start(command, logFile, environment);
            try
            {
                await Process.WaitForExitAsync(cancel);
            }
            catch (OperationCanceledException)
            {
                await End();
                return null;
            }

            if (Process.ExitCode == WrongConfiguration)
            {
                Say($"{name} refuses its configuration:\n{Tail(12)}");
                return WrongConfiguration;
            }

            // A child that dies at once is not started as fast as the machine can.
            pause = clock.Elapsed > TimeSpan.FromSeconds(30) ? TimeSpan.FromMilliseconds(250) : pause * 2;
            pause = pause < LongestPause ? pause : LongestPause;
            Say($"{name} has ended (code {Process.ExitCode}): starting it again. Its log: {logFile}");
            try
            {
                await Task.Delay(pause, cancel);
            }
            catch (OperationCanceledException)
            {
                return null;
            }
        }
    }

    public string Tail(int lines) => File.Exists(logFile) ? string.Join('\n', File.ReadLines(logFile).TakeLast(lines)) : "";

    static void Say(string text) => Console.WriteLine(text);

    async Task End()
    {
        if (Process is null || Process.HasExited)
            return;
        _ = SendSignal(Process.Id, SigTerm);
        using var grace = new CancellationTokenSource(Grace);
        try
        {
            await Process.WaitForExitAsync(grace.Token);
        }
        catch (OperationCanceledException)
        {
            Say(string.Create(CultureInfo.InvariantCulture, $"{name} did not end within {Grace.TotalSeconds} s: killed."));
            Process.Kill(entireProcessTree: true);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int pid, int signal);
}
