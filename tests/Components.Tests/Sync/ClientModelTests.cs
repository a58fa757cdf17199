using System.Text.Json;

namespace Matrix.Bus.Components.Tests.Sync;

/// <summary>Clients that sync at random points, from a host that has all in memory and from one that has nothing, end up with the
/// same room: the state that stands, and a timeline without a gap that was not told.</summary>
public sealed class ClientModelTests
{
    static readonly string[] Users = ["@alice:here", "@bob:here", "@carol:here"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task Every_client_ends_up_with_the_state_that_stands(int seed)
    {
        var random = new Random(seed);
        var database = await SyncHost.NewDatabase();
        await using var live = await SyncHost.Start(database);
        var room = new RoomLog().Created();
        await live.Take(room);
        var clients = Enumerable.Range(0, 6).Select(i => new Client(Users[0], limit: i % 3 == 0 ? 1 : 4, stateAfter: i >= 3, device: $"D{i}")).ToList();

        for (var step = 0; step < 60; step++)
        {
            Act(room, random, step);
            if (random.Next(3) == 0)
                await live.Take(room);
            foreach (var client in clients.Where(_ => random.Next(5) == 0))
            {
                await live.Take(room);
                if (random.Next(3) == 0)
                {
                    await using var cold = await SyncHost.Start(database);
                    await client.Sync(cold, room.RoomId);
                }
                else
                {
                    await client.Sync(live, room.RoomId);
                }
            }
        }
        await live.Take(room);
        foreach (var client in clients)
            await client.Sync(live, room.RoomId);

        var expected = (await live.Sync(Users[0], filter: """{"room":{"timeline":{"limit":0}}}""")).State(room.RoomId)
            .ToDictionary(Slot, e => e.GetProperty("event_id").GetString()!);
        var log = room.Entries.Where(e => e.Entry.Kind == Messages.Rooms.OutputKind.NewEvent).Select(e => e.Entry.EventId!.Value.Value).ToList();
        foreach (var client in clients)
        {
            Assert.Equal(expected.OrderBy(slot => slot.Key), client.State.OrderBy(slot => slot.Key));
            // Each stretch without a gap is a stretch of the log; nothing comes twice.
            Assert.Equal(client.Stretches.Sum(s => s.Count), client.Stretches.SelectMany(s => s).Distinct().Count());
            foreach (var stretch in client.Stretches.Where(s => s.Count > 0))
                Assert.Equal(log.Skip(log.IndexOf(stretch[0])).Take(stretch.Count), stretch);
            Assert.Equal(log[^1], client.Stretches[^1][^1]);
        }
    }

    static void Act(RoomLog room, Random random, int step)
    {
        var user = Users[random.Next(Users.Length)];
        switch (random.Next(7))
        {
            case 0:
                room.State(Users[0], "m.room.name", "", new { name = $"n{step}" });
                break;
            case 1:
                room.State(Users[0], "org.example", $"k{random.Next(3)}", new { step });
                break;
            case 2 when user != Users[0]:
                room.Member(user, user, random.Next(2) == 0 ? "join" : "leave");
                break;
            case 3:
                room.Member(Users[0], Users[0], "join", $"Alice {step}");
                break;
            default:
                room.Message(user, $"m{step}");
                break;
        }
    }

    static string Slot(JsonElement e) => e.GetProperty("type").GetString() + "|" + e.GetProperty("state_key").GetString();

    sealed class Client(string user, int limit, bool stateAfter, string device)
    {
        string? _since;

        public Dictionary<string, string> State { get; } = [];

        public List<List<string>> Stretches { get; } = [[]];

        public async Task Sync(SyncHost host, string room)
        {
            var answer = await host.Sync(user, _since, "{\"room\":{\"timeline\":{\"limit\":" + limit + "}}}", stateAfter: stateAfter, device: device);
            var first = _since is null;
            _since = answer.Next;
            if (answer.Room(room) is null)
                return;
            foreach (var state in answer.State(room, name: stateAfter ? "state_after" : "state"))
                State[Slot(state)] = state.GetProperty("event_id").GetString()!;
            if (answer.Limited(room) || first)
                Stretches.Add([]);
            foreach (var e in answer.Timeline(room))
            {
                Stretches[^1].Add(e.GetProperty("event_id").GetString()!);
                if (!stateAfter && e.TryGetProperty("state_key", out _))
                    State[Slot(e)] = e.GetProperty("event_id").GetString()!;
            }
        }
    }
}
