using System.Globalization;

namespace Matrix.Bus.Benchmarks.Load;

/// <summary>Memory in MB and CPU in cores of a group of processes.</summary>
/// <param name="Processes">How many there were.</param>
/// <param name="RssMb">Resident memory; what processes share is counted once for each.</param>
/// <param name="PssMb">Proportional memory: what is shared is counted once; 0 if it may not be read.</param>
/// <param name="Cores">CPU time per time passed.</param>
sealed record ProcessUse(int Processes, double RssMb, double PssMb, double Cores);

/// <summary>Reads memory and CPU of processes and their descendants from /proc.</summary>
sealed class ProcessMeter(IReadOnlyList<int> roots)
{
    const double TicksPerSecond = 100;
    const int PageBytes = 4096;

    /// <summary>CPU seconds used so far by all of them. A descendant that ended is counted by its parent.</summary>
    public double Cpu() => Stats().Sum(stat => stat.Ticks) / TicksPerSecond;

    public ProcessUse Read(double cores)
    {
        var stats = Stats();
        return new ProcessUse(stats.Count,
            Math.Round(stats.Sum(stat => (double)stat.Pages * PageBytes) / (1 << 20), 1),
            Math.Round(stats.Sum(stat => Pss(stat.Pid)) / 1024.0, 1),
            Math.Round(cores, 2));
    }

    List<Stat> Stats()
    {
        var all = Directory.EnumerateDirectories("/proc")
            .Select(path => int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? ReadStat(pid) : null)
            .OfType<Stat>().ToList();
        var children = all.ToLookup(stat => stat.Parent);
        var found = new Dictionary<int, Stat>();
        var todo = new Queue<Stat>(all.Where(stat => roots.Contains(stat.Pid)));
        while (todo.TryDequeue(out var stat))
        {
            if (!found.TryAdd(stat.Pid, stat))
                continue;
            foreach (var child in children[stat.Pid])
                todo.Enqueue(child);
        }
        return [.. found.Values];
    }

    static Stat? ReadStat(int pid)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{pid}/stat");
            // The name in parentheses may hold spaces; the numbered fields begin after it, with the third.
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            long Field(int number) => long.Parse(fields[number - 3], CultureInfo.InvariantCulture);
            return new Stat(pid, (int)Field(4), Field(14) + Field(15) + Field(16) + Field(17), Field(24));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    static long Pss(int pid)
    {
        try
        {
            var line = File.ReadLines($"/proc/{pid}/smaps_rollup").First(text => text.StartsWith("Pss:", StringComparison.Ordinal));
            return long.Parse(line.AsSpan(4).Trim().TrimEnd("kB").Trim(), CultureInfo.InvariantCulture);
        }
        catch (Exception hidden) when (hidden is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            return 0;
        }
    }

    sealed record Stat(int Pid, int Parent, long Ticks, long Pages);
}
