using System.Text.Json;
using Matrix.Bus.Harness;

namespace Matrix.Bus.SystemTests.Rooms;

public sealed class HierarchyTests
{
    static readonly string[] Via = ["localhost"];

    [Theory]
    [InlineData(Shape.One)]
    [InlineData(Shape.Split)]
    public async Task A_space_is_walked_in_its_order_and_shows_what_one_may_see(Shape shape)
    {
        var people = await Actor.Some(shape, 2);
        var (alice, bob) = (people[0], people[1]);
        var top = await Space(alice);
        var inner = await Space(alice);
        var (last, first, second, secret, leaf) = (
            await alice.PublicRoom(), await alice.PublicRoom(), await alice.PublicRoom(), await alice.Room(), await alice.PublicRoom());
        await Child(alice, top, last, new { via = Via });
        await Child(alice, top, second, new { via = Via, order = "b", suggested = true });
        await Child(alice, top, first, new { via = Via, order = "a" });
        await Child(alice, top, inner, new { via = Via, order = "c", suggested = true });
        await Child(alice, top, secret, new { via = Via, order = "aa" });
        await Child(alice, top, await alice.PublicRoom(), new { });
        await Child(alice, inner, leaf, new { via = Via, suggested = true });
        await Child(alice, inner, top, new { via = Via });
        await Child(alice, inner, "!unknown:elsewhere.org", new { via = Via });

        var path = $"/_matrix/client/v1/rooms/{Actor.Esc(top)}/hierarchy";
        Assert.Equal([top, first, second, inner, leaf, last], Ids(await Eventually(bob, path, 6)));
        Assert.Equal([top, first, secret, second, inner, leaf, last], Ids(await alice.Get(path)));
        Assert.Equal([top, first, second, inner, last], Ids(await bob.Get(path + "?max_depth=1")));
        Assert.Equal([top], Ids(await bob.Get(path + "?max_depth=0")));
        Assert.Equal([top, second, inner, leaf], Ids(await bob.Get(path + "?suggested_only=true")));
        var children = (await bob.Get(path)).GetProperty("rooms")[0].GetProperty("children_state").EnumerateArray().ToList();
        Assert.Equal([first, secret, second, inner, last], children.Select(child => child.GetProperty("state_key").GetString()));
        Assert.All(children, child => Assert.True(child.TryGetProperty("origin_server_ts", out _) && child.TryGetProperty("sender", out _)));

        var pages = new List<string>();
        string? from = null;
        do
        {
            var page = await bob.Get($"{path}?limit=2{(from is null ? "" : $"&from={from}")}");
            Assert.InRange(Ids(page).Length, 1, 2);
            pages.AddRange(Ids(page));
            from = page.TryGetProperty("next_batch", out var next) ? next.GetString() : null;
        }
        while (from is not null);
        Assert.Equal([top, first, second, inner, leaf, last], pages);

        Assert.Empty(Ids(await bob.Get(path + "?from=2147483647")));
        await bob.Refused(400, "M_INVALID_PARAM", HttpMethod.Get, path + "?from=x");
        await bob.Refused(400, "M_INVALID_PARAM", HttpMethod.Get, path + "?limit=0");
        await bob.Refused(400, "M_INVALID_PARAM", HttpMethod.Get, path + "?limit=x");
        await bob.Refused(400, "M_INVALID_PARAM", HttpMethod.Get, path + "?max_depth=-1");
        await bob.Refused(400, "M_INVALID_PARAM", HttpMethod.Get, "/_matrix/client/v1/rooms/nowhere/hierarchy");
        await bob.Refused(403, "M_FORBIDDEN", HttpMethod.Get, $"/_matrix/client/v1/rooms/{Actor.Esc(secret)}/hierarchy");
        await bob.Refused(403, "M_FORBIDDEN", HttpMethod.Get, "/_matrix/client/v1/rooms/!nowhere:localhost/hierarchy");
        await bob.Nobody.Refused(401, "M_MISSING_TOKEN", HttpMethod.Get, path);
    }

    [Theory]
    [InlineData(Shape.One)]
    [InlineData(Shape.Split)]
    public async Task A_summary_is_shown_to_who_could_enter(Shape shape)
    {
        var people = await Actor.Some(shape, 2);
        var (alice, bob) = (people[0], people[1]);
        static string Path(string room) => $"/_matrix/client/v1/room_summary/{Actor.Esc(room)}";
        var alias = $"sum-{Guid.NewGuid():N}";
        var open = await alice.Room(new
        {
            preset = "public_chat",
            name = "Open",
            room_alias_name = alias,
            initial_state = new[] { new { type = "m.room.encryption", content = new { algorithm = "m.megolm.v1.aes-sha2" } } },
        });
        foreach (var name in (string[])[open, $"#{alias}:localhost"])
        {
            var seen = await bob.Nobody.Get(Path(name));
            Assert.Equal(open, seen.GetProperty("room_id").GetString());
            Assert.Equal("Open", seen.GetProperty("name").GetString());
            Assert.Equal("12", seen.GetProperty("room_version").GetString());
            Assert.Equal("m.megolm.v1.aes-sha2", seen.GetProperty("encryption").GetString());
            Assert.Equal(1, seen.GetProperty("num_joined_members").GetInt32());
            Assert.False(seen.TryGetProperty("membership", out _));
        }
        Assert.Equal("join", (await alice.Get(Path(open))).GetProperty("membership").GetString());
        Assert.Equal("leave", (await bob.Get(Path(open))).GetProperty("membership").GetString());

        var closed = await alice.Room();
        await bob.Refused(404, "M_NOT_FOUND", HttpMethod.Get, Path(closed));
        await bob.Nobody.Refused(404, "M_NOT_FOUND", HttpMethod.Get, Path(closed));
        await alice.Do(closed, "invite", bob.Id);
        Assert.Equal("invite", (await bob.Get(Path(closed))).GetProperty("membership").GetString());
        var inherited = await alice.Room(new
        {
            initial_state = new[]
            {
                new { type = "m.room.join_rules", content = new { join_rule = "restricted", allow = new[] { new { type = "m.room_membership", room_id = open } } } },
            },
        });
        await bob.Refused(404, "M_NOT_FOUND", HttpMethod.Get, Path(inherited));
        await bob.Do(open, "join");
        Assert.Equal([open], (await bob.Get(Path(inherited))).GetProperty("allowed_room_ids").EnumerateArray().Select(room => room.GetString()));
        await bob.Refused(404, "M_NOT_FOUND", HttpMethod.Get, Path("!nowhere:localhost"));
        await bob.Refused(404, "M_NOT_FOUND", HttpMethod.Get, Path("#nowhere:localhost"));
        await bob.Refused(400, "M_INVALID_PARAM", HttpMethod.Get, Path("nowhere"));
        await bob.With("wrong").Refused(401, "M_UNKNOWN_TOKEN", HttpMethod.Get, Path(open));
    }

    static Task<string> Space(Actor who) => who.Room(new { preset = "public_chat", creation_content = new { type = "m.space" } });

    static Task Child(Actor who, string space, string room, object content) => who.Set(space, "m.space.child", content, room);

    static async Task<JsonElement> Eventually(Actor who, string path, int rooms)
    {
        await Wait.Until(async () => Ids(await who.Get(path)).Length == rooms, TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        return await who.Get(path);
    }

    static string[] Ids(JsonElement page) => [.. page.GetProperty("rooms").EnumerateArray().Select(room => room.GetProperty("room_id").GetString()!)];
}
