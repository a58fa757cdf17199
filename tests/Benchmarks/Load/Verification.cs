using System.Diagnostics;
using Matrix.Bus.Clients;
using Matrix.Bus.Clients.History;

namespace Matrix.Bus.Benchmarks.Load;

/// <summary>Whether every acknowledged event is in its room exactly once and in one order for all.</summary>
/// <param name="Acknowledged">How many sends were answered with 200.</param>
/// <param name="Rooms">How many rooms were read, each forward by one member and back by another.</param>
/// <param name="Readings">How many readings were compared, sync timelines included.</param>
/// <param name="Seconds">How long reading and comparing took.</param>
/// <param name="Findings">What is wrong; empty is good.</param>
sealed record Verification(int Acknowledged, int Rooms, int Readings, double Seconds, IReadOnlyList<string> Findings)
{
    public static async Task<Verification> Run(Town town, IReadOnlyList<Acknowledged> acknowledged, Ears ears, CancellationToken cancel)
    {
        var start = Stopwatch.GetTimestamp();
        var readings = new List<Reading>();
        var findings = new List<Finding>();
        var width = new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = cancel };
        await Parallel.ForEachAsync(town.Rooms, width, async (room, token) =>
        {
            var forward = await Pages.ReadRoom(room.Talkers[0], room.Id, backward: false, token);
            var back = await Pages.ReadRoom(room.Talkers[^1], room.Id, backward: true, token);
            lock (readings)
                readings.AddRange([forward, back]);
        });
        foreach (var listener in ears.Listeners)
        {
            foreach (var reading in listener.Readings)
            {
                findings.AddRange(await Pages.FillGaps(listener.Account, reading, cancel));
                readings.Add(reading);
            }
        }
        findings.AddRange(Verifier.Check(new ClientHistory(acknowledged, readings, [.. ears.Listeners.Select(listener => listener.Tokens)])));
        return new Verification(acknowledged.Count, town.Rooms.Count, readings.Count,
            Math.Round(Stopwatch.GetElapsedTime(start).TotalSeconds, 1), [.. findings.Select(finding => finding.ToString())]);
    }
}
