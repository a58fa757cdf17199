using System.Text.Json;
using Matrix.Bus.Harness;

namespace Matrix.Bus.SystemTests.Rooms;

public sealed class UpgradeTests
{
    [Theory]
    [InlineData(Shape.One, "10", "12")]
    [InlineData(Shape.Split, "12", "11")]
    [InlineData(Shape.One, "12", "11")]
    [InlineData(Shape.Split, "6", "10")]
    [InlineData(Shape.Split, "12", "12")]
    public async Task What_a_room_was_its_replacement_is(Shape shape, string from, string to)
    {
        var people = await Actor.Some(shape, 4);
        var (alice, mod, bob, troll) = (people[0], people[1], people[2], people[3]);
        var alias = $"up-{Guid.NewGuid():N}";
        var old = await alice.Room(new
        {
            room_version = from,
            visibility = "public",
            name = "Name",
            topic = "Topic",
            room_alias_name = alias,
            creation_content = new Dictionary<string, object> { ["type"] = "m.space", ["m.federate"] = false },
            power_level_content_override = new { users = from == "12" ? new() { [mod.Id] = 50 } : new Dictionary<string, int> { [alice.Id] = 100, [mod.Id] = 50 }, events_default = 5 },
            initial_state = new object[]
            {
                new { type = "m.room.encryption", content = new { algorithm = "m.megolm.v1.aes-sha2" } },
                new { type = "m.room.server_acl", content = new { allow = new[] { "*" } } },
                new { type = "m.space.child", state_key = "!x:localhost", content = new { via = new[] { "localhost" } } },
                new { type = "org.example.private", content = new { } },
            },
        });
        await mod.Do(old, "join");
        await bob.Do(old, "join");
        await alice.Do(old, "ban", troll.Id, "trolling");
        await bob.Refused(403, "M_FORBIDDEN", HttpMethod.Post, $"rooms/{Actor.Esc(old)}/upgrade", new { new_version = to });
        await mod.Refused(403, "M_FORBIDDEN", HttpMethod.Post, $"rooms/{Actor.Esc(old)}/upgrade", new { new_version = to });

        var fresh = (await alice.Post($"rooms/{Actor.Esc(old)}/upgrade", new { new_version = to })).GetProperty("replacement_room").GetString()!;
        await bob.Do(fresh, "join");
        var state = await bob.WholeState(fresh);
        JsonElement Content(string type, string key = "") => state[(type, key)].GetProperty("content");
        Assert.Equal(to, Content("m.room.create").GetProperty("room_version").GetString());
        Assert.Equal("m.space", Content("m.room.create").GetProperty("type").GetString());
        Assert.False(Content("m.room.create").GetProperty("m.federate").GetBoolean());
        Assert.Equal(old, Content("m.room.create").GetProperty("predecessor").GetProperty("room_id").GetString());
        Assert.Equal("Name", Content("m.room.name").GetProperty("name").GetString());
        Assert.Equal("Topic", Content("m.room.topic").GetProperty("topic").GetString());
        Assert.Equal("public", Content("m.room.join_rules").GetProperty("join_rule").GetString());
        Assert.Equal("forbidden", Content("m.room.guest_access").GetProperty("guest_access").GetString());
        Assert.Equal("m.megolm.v1.aes-sha2", Content("m.room.encryption").GetProperty("algorithm").GetString());
        Assert.Equal($"#{alias}:localhost", Content("m.room.canonical_alias").GetProperty("alias").GetString());
        Assert.Contains(("m.space.child", "!x:localhost"), state.Keys);
        Assert.Contains(("m.room.server_acl", ""), state.Keys);
        Assert.DoesNotContain(("org.example.private", ""), state.Keys);
        Assert.Equal("ban", Content("m.room.member", troll.Id).GetProperty("membership").GetString());
        Assert.DoesNotContain(("m.room.member", mod.Id), state.Keys);
        var levels = Content("m.room.power_levels");
        Assert.Equal(5, levels.GetProperty("events_default").GetInt32());
        Assert.Equal(50, levels.GetProperty("users").GetProperty(mod.Id).GetInt32());
        if (to == "12")
            Assert.False(levels.GetProperty("users").TryGetProperty(alice.Id, out _));
        else
            Assert.Equal(100, levels.GetProperty("users").GetProperty(alice.Id).GetInt32());
        Assert.Equal(to == "12" ? 150 : 100, levels.GetProperty("events").GetProperty("m.room.tombstone").GetInt32());

        Assert.Equal(fresh, (await bob.Get($"directory/room/{Actor.Esc($"#{alias}:localhost")}")).GetProperty("room_id").GetString());
        Assert.Equal("public", (await bob.Get($"directory/list/room/{Actor.Esc(fresh)}")).GetProperty("visibility").GetString());
        Assert.Equal("private", (await bob.Get($"directory/list/room/{Actor.Esc(old)}")).GetProperty("visibility").GetString());
        Assert.Equal(fresh, (await bob.State(old, "m.room.tombstone")).GetProperty("replacement_room").GetString());
        Assert.False((await bob.State(old, "m.room.canonical_alias")).TryGetProperty("alias", out _));
        await bob.Refused(403, "M_FORBIDDEN", HttpMethod.Put, $"rooms/{Actor.Esc(old)}/send/m.room.message/t", new { body = "still here" });
        await alice.Say(fresh, "welcome");
    }

    [Theory]
    [InlineData(Shape.One)]
    [InlineData(Shape.Split)]
    public async Task Who_upgrades_a_room_has_no_more_power_after_it(Shape shape)
    {
        var people = await Actor.Some(shape, 2);
        var (alice, mod) = (people[0], people[1]);
        var old = await alice.Room(new
        {
            room_version = "9",
            preset = "public_chat",
            initial_state = new[] { new { type = "m.room.server_acl", content = new { allow = new[] { "*" } } } },
            power_level_content_override = new Dictionary<string, object>
            {
                ["users"] = new Dictionary<string, object> { [alice.Id] = "100", [mod.Id] = 60 },
                ["events"] = new Dictionary<string, object> { ["m.room.tombstone"] = 60, ["m.room.server_acl"] = "90" },
                ["ban"] = "55",
            },
        });
        await mod.Do(old, "join");
        var fresh = (await mod.Post($"rooms/{Actor.Esc(old)}/upgrade", new { new_version = "11" })).GetProperty("replacement_room").GetString()!;
        var levels = await mod.State(fresh, "m.room.power_levels");
        Assert.Equal(60, levels.GetProperty("users").GetProperty(mod.Id).GetInt32());
        Assert.Equal(100, levels.GetProperty("users").GetProperty(alice.Id).GetInt32());
        Assert.Equal(90, levels.GetProperty("events").GetProperty("m.room.server_acl").GetInt32());
        Assert.Equal(55, levels.GetProperty("ban").GetInt32());
    }

    [Theory]
    [InlineData(Shape.One)]
    [InlineData(Shape.Split)]
    public async Task Version_12_is_created_by_those_who_are_named(Shape shape)
    {
        var people = await Actor.Some(shape, 2);
        var (alice, bob) = (people[0], people[1]);
        var old = await alice.PublicRoom("11");
        var fresh = (await alice.Post($"rooms/{Actor.Esc(old)}/upgrade", new { new_version = "12", additional_creators = new[] { bob.Id } }))
            .GetProperty("replacement_room").GetString()!;
        Assert.Equal([bob.Id], (await alice.State(fresh, "m.room.create")).GetProperty("additional_creators").EnumerateArray().Select(user => user.GetString()));
        await bob.Do(fresh, "join");
        await bob.Set(fresh, "m.room.server_acl", new { allow = new[] { "*" } });
        await bob.Post($"rooms/{Actor.Esc(fresh)}/upgrade", new { new_version = "12" });
    }

    [Theory]
    [InlineData(Shape.One)]
    [InlineData(Shape.Split)]
    public async Task What_makes_no_sense_is_refused_by_name(Shape shape)
    {
        var alice = await Actor.New(shape);
        var room = await alice.Room();
        var path = $"rooms/{Actor.Esc(room)}/upgrade";
        await alice.Refused(400, "M_UNSUPPORTED_ROOM_VERSION", HttpMethod.Post, path, new { new_version = "none" });
        await alice.Refused(400, "M_MISSING_PARAM", HttpMethod.Post, path, "{}");
        await alice.Refused(400, "M_BAD_JSON", HttpMethod.Post, path, new { new_version = 12 });
        await alice.Refused(400, "M_BAD_JSON", HttpMethod.Post, path, new { new_version = "12", additional_creators = new[] { "nobody" } });
        await alice.Refused(404, "M_NOT_FOUND", HttpMethod.Post, "rooms/!nowhere:localhost/upgrade", new { new_version = "12" });
        await alice.Refused(400, "M_INVALID_PARAM", HttpMethod.Post, "rooms/nowhere/upgrade", new { new_version = "12" });
        await alice.Nobody.Refused(401, "M_MISSING_TOKEN", HttpMethod.Post, path, new { new_version = "12" });
        Assert.Equal([room], await alice.JoinedRooms());
    }
}
