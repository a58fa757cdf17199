using Matrix.Bus.Clients;

namespace Matrix.Bus.Benchmarks.Load;

/// <summary>Durations in stopwatch ticks, kept whole so that percentiles are exact.</summary>
sealed class Latencies(int capacity)
{
    long[] _ticks = new long[Math.Max(capacity, 1024)];

    public int Count { get; private set; }

    public void Add(long ticks)
    {
        if (Count == _ticks.Length)
            Array.Resize(ref _ticks, _ticks.Length * 2);
        _ticks[Count++] = ticks;
    }

    public void Clear() => Count = 0;

    /// <summary>The percentiles of several such records together.</summary>
    public static Percentiles Of(IEnumerable<Latencies> parts)
    {
        var all = parts.SelectMany(part => part._ticks.Take(part.Count)).ToArray();
        Array.Sort(all);
        return new Percentiles(all.Length, At(0.50), At(0.99), At(0.999), all.Length == 0 ? 0 : SendBody.Milliseconds(all[^1]));

        double At(double share) => all.Length == 0 ? 0 : Math.Round(SendBody.Milliseconds(all[Math.Min(all.Length - 1, (int)(all.Length * share))]), 3);
    }
}

/// <summary>Percentiles in milliseconds.</summary>
sealed record Percentiles(int Count, double P50, double P99, double P999, double Max);
