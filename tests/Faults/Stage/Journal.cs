using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace Matrix.Bus.Faults.Stage;

/// <summary>What happened in a run besides what clients saw.</summary>
sealed class Journal(TextWriter output)
{
    readonly long _start = Stopwatch.GetTimestamp();
    readonly ConcurrentQueue<(string Name, TimeSpan Time)> _restarts = new();

    /// <summary>How often a process ended without a fault of ours.</summary>
    public int UnexpectedEnds { get; set; }

    /// <summary>How long processes took from a restart after kill -9 to their first answer.</summary>
    public IReadOnlyCollection<(string Name, TimeSpan Time)> Restarts => _restarts;

    /// <summary>Prints a line with the time since the start.</summary>
    public void Note(string what)
    {
        lock (output)
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"[{Stopwatch.GetElapsedTime(_start).TotalSeconds,7:F1}] {what}"));
    }

    /// <summary>A killed process answers again.</summary>
    public void Restarted(string name, TimeSpan time) => _restarts.Enqueue((name, time));
}
