using Matrix.Bus.Harness;

namespace Matrix.Bus.SystemTests.Rooms;

public sealed class AliasTests
{
    static string Fresh() => $"#a-{Guid.NewGuid():N}:localhost";

    static string Path(string alias) => $"directory/room/{Actor.Esc(alias)}";

    [Theory]
    [InlineData(Shape.One)]
    [InlineData(Shape.Split)]
    public async Task An_alias_is_set_found_and_removed_by_whom_it_belongs_to(Shape shape)
    {
        var people = await Actor.Some(shape, 3);
        var (alice, bob, carol) = (people[0], people[1], people[2]);
        var room = await alice.PublicRoom();
        await bob.Do(room, "join");
        await carol.Do(room, "join");
        var (hers, his) = (Fresh(), Fresh());
        await alice.Put(Path(hers), new { room_id = room });
        await alice.Put(Path(hers), new { room_id = room });
        await bob.Put(Path(his), new { room_id = room });
        Assert.Equal(room, (await bob.Nobody.Get(Path(his))).GetProperty("room_id").GetString());
        Assert.Equal(["localhost"], (await bob.Get(Path(his))).GetProperty("servers").EnumerateArray().Select(server => server.GetString()));
        var listed = (await carol.Get($"rooms/{Actor.Esc(room)}/aliases")).GetProperty("aliases").EnumerateArray().Select(each => each.GetString());
        Assert.Equal(new[] { hers, his }.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));

        var other = await alice.PublicRoom();
        await alice.Refused(409, "M_UNKNOWN", HttpMethod.Put, Path(hers), new { room_id = other });
        await bob.Refused(403, "M_FORBIDDEN", HttpMethod.Delete, Path(hers));
        await carol.Refused(403, "M_FORBIDDEN", HttpMethod.Delete, Path(his));
        await bob.Ok(HttpMethod.Delete, Path(his));
        await bob.Refused(404, "M_NOT_FOUND", HttpMethod.Get, Path(his));
        await bob.Refused(404, "M_NOT_FOUND", HttpMethod.Delete, Path(his));
        await bob.Put(Path(his), new { room_id = room });
        // The room's moderators remove anybody's.
        await alice.Ok(HttpMethod.Delete, Path(his));

        var stranger = await Actor.New(shape);
        await stranger.Refused(403, "M_FORBIDDEN", HttpMethod.Get, $"rooms/{Actor.Esc(room)}/aliases");
        await stranger.Refused(403, "M_FORBIDDEN", HttpMethod.Put, Path(Fresh()), new { room_id = room });
        await alice.Refused(403, "M_FORBIDDEN", HttpMethod.Put, Path(Fresh()), new { room_id = "!nowhere:localhost" });
        await alice.Refused(400, "M_INVALID_PARAM", HttpMethod.Put, Path("#a:elsewhere.org"), new { room_id = room });
        await alice.Refused(400, "M_INVALID_PARAM", HttpMethod.Put, Path("nothing"), new { room_id = room });
        await alice.Refused(400, "M_INVALID_PARAM", HttpMethod.Get, Path("nothing"));
        await alice.Refused(400, "M_MISSING_PARAM", HttpMethod.Put, Path(Fresh()), "{}");
        await alice.Refused(400, "M_BAD_JSON", HttpMethod.Put, Path(Fresh()), """{"room_id":"x"}""");
        await alice.Nobody.Refused(401, "M_MISSING_TOKEN", HttpMethod.Put, Path(Fresh()), new { room_id = room });
        await alice.Nobody.Refused(401, "M_MISSING_TOKEN", HttpMethod.Delete, Path(hers));
    }

    [Theory]
    [InlineData(Shape.One)]
    [InlineData(Shape.Split)]
    public async Task A_canonical_alias_points_at_its_room(Shape shape)
    {
        var alice = await Actor.New(shape);
        var room = await alice.PublicRoom();
        var other = await alice.PublicRoom();
        var (first, second, elsewhere) = (Fresh(), Fresh(), Fresh());
        await alice.Put(Path(first), new { room_id = room });
        await alice.Put(Path(second), new { room_id = room });
        await alice.Put(Path(elsewhere), new { room_id = other });
        Task Refused(string errcode, object content) =>
            alice.Refused(400, errcode, HttpMethod.Put, $"rooms/{Actor.Esc(room)}/state/m.room.canonical_alias/", content);
        await Refused("M_BAD_ALIAS", new { alias = Fresh() });
        await Refused("M_BAD_ALIAS", new { alias = elsewhere });
        await Refused("M_BAD_ALIAS", new { alias = first, alt_aliases = new[] { elsewhere } });
        await Refused("M_INVALID_PARAM", new { alias = "nothing" });
        await Refused("M_INVALID_PARAM", new { alt_aliases = new object[] { 5 } });
        await alice.Set(room, "m.room.canonical_alias", new { alias = first, alt_aliases = new[] { second } });

        // What is removed is not named any more.
        await alice.Ok(HttpMethod.Delete, Path(first));
        await Wait.Until(
            async () => !(await alice.State(room, "m.room.canonical_alias")).TryGetProperty("alias", out _), TimeSpan.FromSeconds(10),
            TestContext.Current.CancellationToken);
        Assert.Equal([second], (await alice.State(room, "m.room.canonical_alias")).GetProperty("alt_aliases").EnumerateArray().Select(each => each.GetString()!));
        await alice.Set(room, "m.room.canonical_alias", new { });
    }

    [Theory]
    [InlineData(Shape.One)]
    [InlineData(Shape.Split)]
    public async Task Of_two_who_want_an_alias_one_gets_it(Shape shape)
    {
        var people = await Actor.Some(shape, 6);
        var rooms = await Task.WhenAll(people.Select(each => each.PublicRoom()));
        var alias = Fresh();
        var answers = await Task.WhenAll(people.Select((each, i) => each.Call(HttpMethod.Put, Path(alias), new { room_id = rooms[i] })));
        var winner = Assert.Single(Enumerable.Range(0, 6), i => answers[i].Status == 200);
        Assert.All(answers.Where(each => each.Status != 200), each => Assert.Equal(409, each.Status));
        Assert.Equal(rooms[winner], (await people[0].Get(Path(alias))).GetProperty("room_id").GetString());
    }
}
