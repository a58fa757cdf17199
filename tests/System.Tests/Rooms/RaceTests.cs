using System.Text.Json;
using Matrix.Bus.Harness;

namespace Matrix.Bus.SystemTests.Rooms;

public sealed class RaceTests
{
    [Theory]
    [InlineData(Shape.One)]
    [InlineData(Shape.Split)]
    public async Task A_kick_that_races_a_ban_never_lifts_it(Shape shape)
    {
        var people = await Actor.Some(shape, 3);
        var (alice, mod, bob) = (people[0], people[1], people[2]);
        var room = await alice.Room(new
        {
            preset = "public_chat",
            power_level_content_override = new { users = new Dictionary<string, int> { [mod.Id] = 50 } },
        });
        await mod.Do(room, "join");
        for (var round = 0; round < 12; round++)
        {
            await bob.Do(room, "join");
            var kick = mod.Call(HttpMethod.Post, $"rooms/{Actor.Esc(room)}/kick", new { user_id = bob.Id });
            var ban = alice.Call(HttpMethod.Post, $"rooms/{Actor.Esc(room)}/ban", new { user_id = bob.Id });
            var leave = bob.Call(HttpMethod.Post, $"rooms/{Actor.Esc(room)}/leave", "{}");
            await Task.WhenAll(kick, ban, leave);
            Assert.Equal(200, (await ban).Status);
            Assert.Equal("ban", await alice.MembershipOf(room, bob.Id));
            await alice.Do(room, "unban", bob.Id);
        }
    }

    [Theory]
    [InlineData(Shape.One)]
    [InlineData(Shape.Split)]
    public async Task Fifty_who_join_at_once_are_members_once_each(Shape shape)
    {
        var people = await Actor.Some(shape, 50);
        var room = await people[0].PublicRoom();
        await Task.WhenAll(people.SelectMany(each => new[] { each.Do(room, "join"), each.Do(room, "join") }));
        var joined = (await people[7].Get($"rooms/{Actor.Esc(room)}/joined_members")).GetProperty("joined").EnumerateObject().Select(member => member.Name);
        Assert.Equal(people.Select(each => each.Id).Order(), joined.Order());

        var joins = new List<string?>();
        string? from = null;
        do
        {
            var page = await people[0].Get($"rooms/{Actor.Esc(room)}/messages?dir=b&limit=100{(from is null ? "" : $"&from={from}")}");
            joins.AddRange(page.GetProperty("chunk").EnumerateArray()
                .Where(each => each.GetProperty("type").GetString() == "m.room.member").Select(each => each.GetProperty("state_key").GetString()));
            from = page.TryGetProperty("end", out var end) ? end.GetString() : null;
        }
        while (from is not null);
        Assert.Equal(people.Select(each => each.Id).Order(), joins.Order());
        Assert.Equal(50, (await people[0].Get($"/_matrix/client/v1/room_summary/{Actor.Esc(room)}")).GetProperty("num_joined_members").GetInt32());
    }

    [Theory]
    [InlineData(Shape.One)]
    [InlineData(Shape.Split)]
    public async Task Of_states_put_at_once_all_see_the_same_last(Shape shape)
    {
        var people = await Actor.Some(shape, 5);
        var room = await people[0].Room(new { preset = "public_chat", power_level_content_override = new { state_default = 0 } });
        await Task.WhenAll(people.Skip(1).Select(each => each.Do(room, "join")));
        var ids = await Task.WhenAll(people.SelectMany((each, i) =>
            Enumerable.Range(0, 6).Select(n => each.Set(room, "org.example.race", new { by = $"{i}.{n}" }))));
        Assert.Equal(30, ids.Distinct().Count());

        var orders = await Task.WhenAll(people.Select(each => Order(each, room)));
        Assert.All(orders, order => Assert.Equal(orders[0], order));
        Assert.Equal(ids.Order(), orders[0].Order());
        var last = (await people[0].WholeState(room))[("org.example.race", "")];
        Assert.Equal(orders[0][^1], last.GetProperty("event_id").GetString());
    }

    /// <summary>The race as a first sync shows it.</summary>
    static async Task<string[]> Order(Actor who, string room)
    {
        var filter = Actor.Esc("""{"room":{"timeline":{"limit":100,"types":["org.example.race"]}}}""");
        var answer = await who.Get($"sync?filter={filter}");
        var timeline = answer.GetProperty("rooms").GetProperty("join").GetProperty(room).GetProperty("timeline").GetProperty("events");
        return [.. timeline.EnumerateArray().Select(each => each.GetProperty("event_id").GetString()!)];
    }
}
