using System.Diagnostics;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;
using Npgsql;

namespace Matrix.Bus.RoomServer.Tests;

/// <summary>How long a send takes through the calls and a real PostgreSQL. Run by hand: it prints, and judges nothing.</summary>
public sealed class SendBenchmark(ITestOutputHelper output)
{
    [Fact(Explicit = true)]
    public async Task Sends_a_second_by_concurrency()
    {
        await using var server = await RoomTestServer.Start(partitions: 16);
        output.WriteLine(Report("bare INSERT", await Bare(server, 2000)));
        foreach (var (clients, roomCount, sends) in new[] { (1, 1, 3000), (1, 20, 3000), (10, 20, 10_000), (64, 20, 40_000), (64, 100, 40_000) })
        {
            var users = Enumerable.Range(0, clients).Select(i => A.User($"u{i}")).ToArray();
            var rooms = new List<RoomId>();
            for (var i = 0; i < roomCount; i++)
                rooms.Add(await server.CreateRoom(A.User("creator"), joined: users));
            await Run(server, users, rooms, Math.Max(500, sends / 10));
            var before = GC.GetTotalAllocatedBytes();
            var cpu = Process.GetCurrentProcess().TotalProcessorTime;
            var measured = await Run(server, users, rooms, sends);
            output.WriteLine(Report($"{clients} clients, {roomCount} rooms", measured)
                + $", {(GC.GetTotalAllocatedBytes() - before) / sends} B/send, {(Process.GetCurrentProcess().TotalProcessorTime - cpu).TotalMicroseconds / sends:F0} us CPU/send");
        }
    }

    static async Task<(double Seconds, double[] Milliseconds)> Run(RoomTestServer server, UserId[] users, List<RoomId> rooms, int sends)
    {
        var times = new double[sends];
        var next = -1;
        var start = Stopwatch.GetTimestamp();
        await Task.WhenAll(users.Select(user => Task.Run(async () =>
        {
            for (int i; (i = Interlocked.Increment(ref next)) < sends;)
            {
                var sent = Stopwatch.GetTimestamp();
                await server.Input(rooms[i % rooms.Count], A.Input(A.Message(user)));
                times[i] = Stopwatch.GetElapsedTime(sent).TotalMilliseconds;
            }
        })));
        return (Stopwatch.GetElapsedTime(start).TotalSeconds, times);
    }

    static async Task<(double, double[])> Bare(RoomTestServer server, int inserts)
    {
        await using var create = server.Db.CreateCommand("CREATE TABLE bare (id text PRIMARY KEY, body text)");
        await create.ExecuteNonQueryAsync();
        await using var connection = await server.Db.OpenConnectionAsync();
        var body = new string('x', 600);
        var times = new double[inserts];
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < inserts; i++)
        {
            var sent = Stopwatch.GetTimestamp();
            await using var insert = new NpgsqlCommand("INSERT INTO bare VALUES ($1, $2)", connection);
            insert.Parameters.AddWithValue(Guid.NewGuid().ToString());
            insert.Parameters.AddWithValue(body);
            await insert.ExecuteNonQueryAsync();
            times[i] = Stopwatch.GetElapsedTime(sent).TotalMilliseconds;
        }
        return (Stopwatch.GetElapsedTime(start).TotalSeconds, times);
    }

    static string Report(string what, (double Seconds, double[] Times) run)
    {
        var sorted = run.Times.Order().ToArray();
        return $"{what}: {sorted.Length / run.Seconds:F0}/s, p50 {sorted[sorted.Length / 2]:F2} ms, p99 {sorted[sorted.Length * 99 / 100]:F2} ms";
    }
}
