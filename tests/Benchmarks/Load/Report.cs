using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Matrix.Bus.Benchmarks.Load;

/// <summary>The machine a figure was taken on.</summary>
sealed record Machine(int Cores, string Cpu, double MemoryGb, string System, string Runtime)
{
    public static Machine This()
    {
        var cpu = Line("/proc/cpuinfo", "model name") ?? RuntimeInformation.ProcessArchitecture.ToString();
        var memory = Line("/proc/meminfo", "MemTotal")?.Split(' ')[0];
        return new Machine(Environment.ProcessorCount, cpu,
            memory is null ? 0 : Math.Round(double.Parse(memory, CultureInfo.InvariantCulture) / (1 << 20), 1),
            RuntimeInformation.OSDescription, RuntimeInformation.FrameworkDescription);
    }

    static string? Line(string file, string name) => File.Exists(file)
        ? File.ReadLines(file).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?.Split(':')[1].Trim()
        : null;
}

/// <summary>The baseline of commits, taken before and after the levels, with the server idle.</summary>
sealed record BaselineResult(Percentiles Before, Percentiles After, IReadOnlyDictionary<string, string> Settings)
{
    /// <summary>The mean of both medians: a disk does not stay the same over a run.</summary>
    public double P50 => Math.Round((Before.P50 + After.P50) / 2, 3);
}

/// <summary>All that a run found.</summary>
sealed record Report
{
    static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    public required DateTimeOffset Started { get; init; }

    public required Machine Machine { get; init; }

    public required IReadOnlyList<Uri> Urls { get; init; }

    public required int Users { get; init; }

    public required int Rooms { get; init; }

    public ProcessUse? ServerIdle { get; init; }

    public required IReadOnlyList<LevelResult> Levels { get; init; }

    public BaselineResult? Baseline { get; init; }

    /// <summary>The median of the least concurrent level's sends over that of bare commits.</summary>
    public double? SendOverCommit => Baseline is { P50: > 0 } && Levels.MinBy(level => level.Concurrency) is { } least
        ? Math.Round(least.Send.P50 / Baseline.P50, 2) : null;

    public InitialSync? InitialSync { get; init; }

    public Verification? Verification { get; init; }

    /// <summary>True if nothing was refused, unanswered or found wrong.</summary>
    public bool Clean => Verification is not { Findings.Count: > 0 } && Levels.All(level => level.Errors.Count == 0);

    public void Write(string file) => File.WriteAllText(file, JsonSerializer.Serialize(this, Json));

    public void Print(TextWriter to)
    {
        to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Machine.Cores} cores, {Machine.Cpu}; {Users} users, {Rooms} rooms, {string.Join(' ', Urls)}"));
        if (ServerIdle is not null)
            to.WriteLine($"server at the start: {Use(ServerIdle)}");
        to.WriteLine();
        to.WriteLine("senders   sends/s  |  send p50     p99   p99.9 ms  |  to another's sync p50     p99   p99.9 ms  | errors | server");
        foreach (var level in Levels)
        {
            to.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{level.Concurrency,7}  {level.SendsPerSecond,8:F0}  |  {level.Send.P50,8:F2}  {level.Send.P99,6:F1}  {level.Send.P999,6:F1}     |  {level.ToAnothersSync.P50,21:F2}  {level.ToAnothersSync.P99,6:F1}  {level.ToAnothersSync.P999,6:F1}     | {level.Errors.Values.Sum(),6} | {(level.Server is null ? "-" : Use(level.Server))}; generator {level.GeneratorCores:F2} cores"));
            foreach (var (error, count) in level.Errors)
                to.WriteLine($"         {count} × {error}");
        }
        to.WriteLine();
        if (Baseline is not null)
            to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"bare commit p50 {Baseline.P50:F3} ms (before {Baseline.Before.P50:F3}, after {Baseline.After.P50:F3}); send p50 / commit p50 = {SendOverCommit:F2}"));
        if (InitialSync is not null)
            to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"initial sync of {InitialSync.Rooms} rooms: first {InitialSync.FirstMs:F0} ms, median {InitialSync.MedianMs:F0} ms, {InitialSync.Bytes} bytes"));
        if (Verification is null)
            return;
        to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"verified {Verification.Acknowledged} acknowledged events in {Verification.Rooms} rooms by {Verification.Readings} readings in {Verification.Seconds:F1} s: {(Verification.Findings.Count == 0 ? "each is there once, in one order for all" : $"{Verification.Findings.Count} FINDINGS")}"));
        foreach (var finding in Verification.Findings.Take(20))
            to.WriteLine($"  {finding}");
    }

    static string Use(ProcessUse use) =>
        string.Create(CultureInfo.InvariantCulture, $"{use.Processes} processes, {use.RssMb:F0} MB RSS, {use.PssMb:F0} MB PSS, {use.Cores:F2} cores");
}
