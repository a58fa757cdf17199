using System.Text.Json;
using Matrix.Bus.Harness;

namespace Matrix.Bus.SystemTests.Rooms;

public sealed class CreateRoomTests
{
    [Theory]
    [InlineData(Shape.One, null, "invite", "can_join")]
    [InlineData(Shape.Split, "private_chat", "invite", "can_join")]
    [InlineData(Shape.One, "trusted_private_chat", "invite", "can_join")]
    [InlineData(Shape.Split, "public_chat", "public", "forbidden")]
    public async Task A_preset_is_what_the_room_begins_with(Shape shape, string? preset, string joinRule, string guests)
    {
        var alice = await Actor.New(shape);
        var room = await alice.Room(preset is null ? "{}" : new { preset });
        Assert.Equal(joinRule, (await alice.State(room, "m.room.join_rules")).GetProperty("join_rule").GetString());
        Assert.Equal("shared", (await alice.State(room, "m.room.history_visibility")).GetProperty("history_visibility").GetString());
        Assert.Equal(guests, (await alice.State(room, "m.room.guest_access")).GetProperty("guest_access").GetString());
        Assert.Equal("join", await alice.MembershipOf(room, alice.Id));
        Assert.Equal([room], await alice.JoinedRooms());
    }

    [Theory]
    [InlineData(Shape.One)]
    [InlineData(Shape.Split)]
    public async Task Visibility_stands_for_a_preset_that_is_not_named_and_shows_the_room(Shape shape)
    {
        var alice = await Actor.New(shape);
        var shown = await alice.Room(new { visibility = "public" });
        Assert.Equal("public", (await alice.State(shown, "m.room.join_rules")).GetProperty("join_rule").GetString());
        Assert.Equal("public", (await alice.Nobody.Get($"directory/list/room/{Actor.Esc(shown)}")).GetProperty("visibility").GetString());
        var mixed = await alice.Room(new { visibility = "public", preset = "private_chat" });
        Assert.Equal("invite", (await alice.State(mixed, "m.room.join_rules")).GetProperty("join_rule").GetString());
        Assert.Equal("public", (await alice.Nobody.Get($"directory/list/room/{Actor.Esc(mixed)}")).GetProperty("visibility").GetString());
        var hidden = await alice.Room();
        Assert.Equal("private", (await alice.Nobody.Get($"directory/list/room/{Actor.Esc(hidden)}")).GetProperty("visibility").GetString());
    }

    [Theory]
    [InlineData(Shape.One)]
    [InlineData(Shape.Split)]
    public async Task All_options_come_together(Shape shape)
    {
        var people = await Actor.Some(shape, 2);
        var (alice, bob) = (people[0], people[1]);
        var alias = $"all-{Guid.NewGuid():N}";
        var room = await alice.Room(new
        {
            room_alias_name = alias,
            name = "Name",
            topic = "Topic",
            invite = new[] { bob.Id, bob.Id, alice.Id },
            is_direct = true,
            creation_content = new Dictionary<string, object> { ["type"] = "m.space", ["m.federate"] = false, ["creator"] = "@evil:x", ["room_version"] = "1" },
            initial_state = new object[]
            {
                new { type = "m.room.join_rules", content = new { join_rule = "knock" } },
                new { type = "m.room.name", content = new { name = "overruled" } },
                new { type = "org.example.thing", state_key = "key", content = new { answer = 42 } },
            },
            power_level_content_override = new { invite = 75, events_default = 10 },
        });
        var state = await alice.WholeState(room);
        JsonElement Content(string type, string key = "") => state[(type, key)].GetProperty("content");
        Assert.Equal("knock", Content("m.room.join_rules").GetProperty("join_rule").GetString());
        Assert.Equal("Name", Content("m.room.name").GetProperty("name").GetString());
        Assert.Equal("Topic", Content("m.room.topic").GetProperty("topic").GetString());
        Assert.Equal(42, Content("org.example.thing", "key").GetProperty("answer").GetInt32());
        Assert.Equal(75, Content("m.room.power_levels").GetProperty("invite").GetInt32());
        Assert.Equal(10, Content("m.room.power_levels").GetProperty("events_default").GetInt32());
        Assert.Equal(50, Content("m.room.power_levels").GetProperty("state_default").GetInt32());
        Assert.Equal("m.space", Content("m.room.create").GetProperty("type").GetString());
        Assert.Equal("12", Content("m.room.create").GetProperty("room_version").GetString());
        Assert.False(Content("m.room.create").GetProperty("m.federate").GetBoolean());
        Assert.False(Content("m.room.create").TryGetProperty("creator", out _));
        Assert.Equal($"#{alias}:localhost", Content("m.room.canonical_alias").GetProperty("alias").GetString());
        Assert.Equal("invite", Content("m.room.member", bob.Id).GetProperty("membership").GetString());
        Assert.True(Content("m.room.member", bob.Id).GetProperty("is_direct").GetBoolean());
        Assert.Equal("join", Content("m.room.member", alice.Id).GetProperty("membership").GetString());
    }

    [Theory]
    [InlineData(Shape.One)]
    [InlineData(Shape.Split)]
    public async Task An_alias_is_given_once(Shape shape)
    {
        var alice = await Actor.New(shape);
        var alias = $"taken-{Guid.NewGuid():N}";
        var rooms = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => alice.Call(HttpMethod.Post, "createRoom", new { room_alias_name = alias })));
        var made = Assert.Single(rooms, each => each.Status == 200).Body.GetProperty("room_id").GetString();
        Assert.All(rooms.Where(each => each.Status != 200), each => Assert.Equal((400, "M_ROOM_IN_USE"), (each.Status, each.Body.GetProperty("errcode").GetString())));
        var target = await alice.Nobody.Get($"directory/room/{Actor.Esc($"#{alias}:localhost")}");
        Assert.Equal(made, target.GetProperty("room_id").GetString());
        Assert.Equal([made!], await alice.JoinedRooms());
    }

    [Theory]
    [InlineData(Shape.One)]
    [InlineData(Shape.Split)]
    public async Task A_room_that_cannot_be_made_leaves_nothing_behind(Shape shape)
    {
        var alice = await Actor.New(shape);
        var alias = $"free-{Guid.NewGuid():N}";
        // Nobody would be left to name it.
        object contradiction = new
        {
            room_version = "11",
            room_alias_name = alias,
            name = "x",
            power_level_content_override = new { users = new Dictionary<string, int> { ["@else:localhost"] = 100 } },
        };
        await alice.Refused(400, "M_INVALID_ROOM_STATE", HttpMethod.Post, "createRoom", contradiction);
        Assert.Empty(await alice.JoinedRooms());
        await alice.Room(new { room_alias_name = alias });
    }

    [Theory]
    [InlineData(Shape.One)]
    [InlineData(Shape.Split)]
    public async Task Rooms_that_are_made_in_the_same_instant_are_not_one(Shape shape)
    {
        var alice = await Actor.New(shape);
        var rooms = await Task.WhenAll(Enumerable.Range(0, 24).Select(_ => alice.Room()));
        Assert.Equal(24, rooms.Distinct().Count());
        Assert.Equal(rooms.Order(), (await alice.JoinedRooms()).Order());
    }

    [Theory]
    [InlineData(Shape.One)]
    [InlineData(Shape.Split)]
    public async Task As_many_first_events_and_invites_as_are_allowed_are_possible(Shape shape)
    {
        var alice = await Actor.New(shape);
        var room = await alice.Room(new
        {
            initial_state = Enumerable.Range(0, 60).Select(i => new { type = "org.example.many", state_key = $"{i}", content = new { i } }),
            invite = Enumerable.Range(0, 100).Select(i => $"@nobody{i}:localhost"),
        });
        var state = await alice.WholeState(room);
        Assert.Equal(60, state.Keys.Count(slot => slot.Type == "org.example.many"));
        Assert.Equal(101, state.Keys.Count(slot => slot.Type == "m.room.member"));
    }

    [Theory]
    [InlineData(Shape.One)]
    [InlineData(Shape.Split)]
    public async Task Invitees_of_a_trusted_private_chat_have_the_power_of_its_creator(Shape shape)
    {
        var people = await Actor.Some(shape, 2);
        var (alice, bob) = (people[0], people[1]);
        foreach (var version in (string[])["11", "12"])
        {
            var room = await alice.Room(new { preset = "trusted_private_chat", invite = new[] { bob.Id }, room_version = version });
            await bob.Do(room, "join");
            var state = await bob.WholeState(room);
            var create = state[("m.room.create", "")].GetProperty("content");
            var users = state[("m.room.power_levels", "")].GetProperty("content").GetProperty("users");
            if (version == "12")
            {
                Assert.Equal([bob.Id], create.GetProperty("additional_creators").EnumerateArray().Select(user => user.GetString()));
                Assert.Empty(users.EnumerateObject());
            }
            else
            {
                Assert.Equal(100, users.GetProperty(bob.Id).GetInt32());
                Assert.False(create.TryGetProperty("additional_creators", out _));
            }
            await bob.Set(room, "m.room.server_acl", new { allow = new[] { "*" } });
        }
    }

    [Theory]
    [InlineData(Shape.One)]
    [InlineData(Shape.Split)]
    public async Task What_makes_no_sense_is_refused_by_name(Shape shape)
    {
        var alice = await Actor.New(shape);
        Task Refused(string errcode, string body, int status = 400) => alice.Refused(status, errcode, HttpMethod.Post, "createRoom", body);
        await Refused("M_UNSUPPORTED_ROOM_VERSION", """{"room_version":"lots"}""");
        await Refused("M_NOT_JSON", "{nonsense");
        await Refused("M_BAD_JSON", "[]");
        await Refused("M_BAD_JSON", """{"name":5}""");
        await Refused("M_BAD_JSON", """{"room_version":12}""");
        await Refused("M_BAD_JSON", """{"name":"\ud800"}""");
        await Refused("M_BAD_JSON", """{"initial_state":[{"type":"a","content":{"x":"\ud800"}}]}""");
        await Refused("M_BAD_JSON", """{"initial_state":[{"type":"a","content":{"\ud800":1}}]}""");
        await Refused("M_BAD_JSON", """{"creation_content":{"x":"\ud800"}}""");
        await Refused("M_BAD_JSON", """{"creation_content":{"\ud800":1}}""");
        await Refused("M_BAD_JSON", """{"power_level_content_override":{"\ud800":1}}""");
        await Refused("M_BAD_JSON", """{"invite":[null]}""");
        await Refused("M_BAD_JSON", """{"invite":["nobody"]}""");
        await Refused("M_BAD_JSON", """{"invite":"@a:localhost"}""");
        await Refused("M_BAD_JSON", """{"initial_state":[{"content":{}}]}""");
        await Refused("M_BAD_JSON", """{"initial_state":[{"type":"a","content":[]}]}""");
        await Refused("M_BAD_JSON", """{"initial_state":[null]}""");
        await Refused("M_BAD_JSON", """{"creation_content":[]}""");
        await Refused("M_BAD_JSON", """{"power_level_content_override":7}""");
        await Refused("M_INVALID_PARAM", """{"preset":"fancy"}""");
        await Refused("M_INVALID_PARAM", """{"visibility":"maybe"}""");
        await Refused("M_INVALID_PARAM", """{"room_alias_name":"a:b"}""");
        await Refused("M_INVALID_PARAM", """{"room_alias_name":""}""");
        await Refused("M_INVALID_PARAM", """{"room_alias_name":"a\u0000b"}""");
        await Refused("M_INVALID_PARAM", $$"""{"room_alias_name":"{{new string('a', 250)}}"}""");
        await Refused("M_BAD_JSON", """{"creation_content":{"n":1.5}}""");
        await Refused("M_INVALID_ROOM_STATE", """{"creation_content":{"additional_creators":["nobody"]}}""");
        await Refused("M_INVALID_ROOM_STATE", """{"power_level_content_override":{"users":{"nobody":100}}}""");
        await Refused("M_INVALID_ROOM_STATE", """{"power_level_content_override":{"ban":"fifty"}}""");
        await Refused("M_INVALID_ROOM_STATE", JsonSerializer.Serialize(
            new { power_level_content_override = new { users = new Dictionary<string, int> { [alice.Id] = 100 } } }));
        await Refused("M_INVALID_ROOM_STATE", """{"initial_state":[{"type":"m.room.member","state_key":"@x:localhost","content":{"membership":"join"}}]}""");
        await Refused("M_INVALID_ROOM_STATE", """{"initial_state":[{"type":"m.room.create","content":{}}]}""");
        await Refused("M_TOO_LARGE", JsonSerializer.Serialize(new { creation_content = new { x = new string('x', 70_000) } }), 413);
        await Refused("M_TOO_LARGE", JsonSerializer.Serialize(new { topic = new string('x', 70_000) }), 413);
        await alice.Nobody.Refused(401, "M_MISSING_TOKEN", HttpMethod.Post, "createRoom", "{}");
        Assert.Empty(await alice.JoinedRooms());
    }
}
