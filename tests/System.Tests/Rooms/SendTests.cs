using System.Text.Json;
using Matrix.Bus.Harness;

namespace Matrix.Bus.SystemTests.Rooms;

public sealed class SendTests
{
    [Theory]
    [InlineData(Shape.One)]
    [InlineData(Shape.Split)]
    public async Task One_transaction_id_is_one_event(Shape shape)
    {
        var people = await Actor.Some(shape, 2);
        var (alice, bob) = (people[0], people[1]);
        var room = await alice.PublicRoom();
        await bob.Do(room, "join");
        var ids = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => alice.Say(room, "once", "a/b")));
        var id = Assert.Single(ids.Distinct());
        Assert.Equal(id, await alice.Say(room, "something else", "a/b"));
        // The scope is the user's session, and what is done.
        Assert.NotEqual(id, await bob.Say(room, "once", "a/b"));
        var redaction = await alice.Put($"rooms/{Actor.Esc(room)}/redact/{Actor.Esc(id)}/a%2Fb");
        Assert.NotEqual(id, redaction.GetProperty("event_id").GetString());
        Assert.Equal(redaction.GetProperty("event_id").GetString(),
            (await alice.Put($"rooms/{Actor.Esc(room)}/redact/{Actor.Esc(id)}/a%2Fb")).GetProperty("event_id").GetString());
        // Even if it would not be allowed any more.
        await alice.Do(room, "leave");
        Assert.Equal(id, await alice.Say(room, "once", "a/b"));
    }

    [Theory]
    [InlineData(Shape.One)]
    [InlineData(Shape.Split)]
    public async Task A_refreshed_token_is_the_same_session(Shape shape)
    {
        var alice = await Actor.New(shape);
        var room = await alice.PublicRoom();
        var login = await alice.Nobody.Post("login", new
        {
            type = "m.login.password",
            identifier = new { type = "m.id.user", user = alice.Id },
            password = "a good password",
            refresh_token = true,
        });
        var before = alice.With(login.GetProperty("access_token").GetString()!);
        var id = await before.Say(room, "once", "t");
        var refreshed = await alice.Nobody.Post("refresh", new { refresh_token = login.GetProperty("refresh_token").GetString() });
        var after = alice.With(refreshed.GetProperty("access_token").GetString()!);
        Assert.Equal(id, await after.Say(room, "once", "t"));
        Assert.NotEqual(id, await alice.Say(room, "once", "t"));
    }

    [Theory]
    [InlineData(Shape.One)]
    [InlineData(Shape.Split)]
    public async Task What_is_no_event_is_refused_by_name(Shape shape)
    {
        var people = await Actor.Some(shape, 2);
        var (alice, bob) = (people[0], people[1]);
        var room = await alice.PublicRoom();
        var path = $"rooms/{Actor.Esc(room)}/send/m.room.message";
        var txn = 0;
        Task Refused(int status, string errcode, string body, string? to = null) =>
            alice.Refused(status, errcode, HttpMethod.Put, $"{to ?? path}/{++txn}", body);
        await Refused(413, "M_TOO_LARGE", JsonSerializer.Serialize(new { body = new string('x', 65_500) }));
        await Refused(413, "M_TOO_LARGE", JsonSerializer.Serialize(new { body = new string('x', 200_000) }));
        await Refused(400, "M_NOT_JSON", "{");
        await Refused(400, "M_NOT_JSON", "");
        await Refused(400, "M_BAD_JSON", "[]");
        await Refused(400, "M_BAD_JSON", "null");
        await Refused(400, "M_BAD_JSON", """{"n":1.5}""");
        await Refused(400, "M_BAD_JSON", """{"n":9007199254740992}""");
        await Refused(400, "M_BAD_JSON", """{"a":1,"a":2}""");
        await Refused(400, "M_BAD_JSON", """{"s":"\ud800"}""");
        foreach (var type in (string[])["m.room.redaction", "m.room.message"])
        {
            await Refused(400, "M_BAD_JSON", """{"\ud800":1,"redacts":"$x"}""", $"rooms/{Actor.Esc(room)}/send/{type}");
            await Refused(400, "M_BAD_JSON", """{"redacts":"\ud800"}""", $"rooms/{Actor.Esc(room)}/send/{type}");
        }
        foreach (var type in (string[])["m.room.canonical_alias", "m.room.member", "m.room.power_levels"])
        {
            await alice.Refused(400, "M_BAD_JSON", HttpMethod.Put, $"rooms/{Actor.Esc(room)}/state/{type}/{Actor.Esc(alice.Id)}",
                """{"\ud800":1,"alias":"\ud800","membership":"\ud800"}""");
        }
        await Refused(400, "M_INVALID_PARAM", "{}", $"rooms/{Actor.Esc(room)}/send/{new string('t', 256)}");
        await Refused(400, "M_INVALID_PARAM", "{}", "rooms/nowhere/send/m.room.message");
        await Refused(403, "M_FORBIDDEN", "{}", $"rooms/{Actor.Esc("!nowhere:localhost")}/send/m.room.message");
        await Refused(403, "M_FORBIDDEN", """{"membership":"leave"}""", $"rooms/{Actor.Esc(room)}/send/m.room.member");
        await Refused(403, "M_FORBIDDEN", "{}", $"rooms/{Actor.Esc(room)}/send/m.room.create");
        await bob.Refused(403, "M_FORBIDDEN", HttpMethod.Put, $"{path}/b", "{}");
        await alice.Nobody.Refused(401, "M_MISSING_TOKEN", HttpMethod.Put, $"{path}/n", "{}");
        await alice.With("wrong").Refused(401, "M_UNKNOWN_TOKEN", HttpMethod.Put, $"{path}/n", "{}");
        await alice.Refused(400, "M_INVALID_PARAM", HttpMethod.Put, $"rooms/{Actor.Esc(room)}/redact/nothing/t", "{}");
        await alice.Refused(400, "M_BAD_JSON", HttpMethod.Put, $"rooms/{Actor.Esc(room)}/redact/{Actor.Esc("$nothing")}/t", """{"reason":1}""");
        // None of it did the room any harm.
        await alice.Say(room, new string('x', 60_000));
    }

    [Theory]
    [InlineData(Shape.One)]
    [InlineData(Shape.Split)]
    public async Task State_is_put_under_any_key_and_not_twice(Shape shape)
    {
        var people = await Actor.Some(shape, 2);
        var (alice, bob) = (people[0], people[1]);
        var room = await alice.PublicRoom();
        await bob.Do(room, "join");
        foreach (var key in (string[])["", "a/b", "a%2Fb", "ü ~", "%", "a+b", "?x#y"])
        {
            await alice.Set(room, "org.example/type", new { key }, key);
            Assert.Equal(key, (await bob.State(room, "org.example/type", key)).GetProperty("key").GetString());
        }
        var path = $"rooms/{Actor.Esc(room)}/state/m.room.topic";
        var first = (await alice.Put(path, new { topic = "t" })).GetProperty("event_id").GetString();
        Assert.Equal(first, (await alice.Put(path + "/", new { topic = "t" })).GetProperty("event_id").GetString());
        Assert.NotEqual(first, (await alice.Put(path, new { topic = "u" })).GetProperty("event_id").GetString());

        await bob.Refused(403, "M_FORBIDDEN", HttpMethod.Put, path, new { topic = "mine" });
        await bob.Refused(403, "M_FORBIDDEN", HttpMethod.Put, $"rooms/{Actor.Esc(room)}/state/m.room.member/{Actor.Esc(alice.Id)}", new { membership = "leave" });
        await bob.Refused(403, "M_FORBIDDEN", HttpMethod.Put, $"rooms/{Actor.Esc(room)}/state/m.room.create/", "{}");
        await alice.Refused(403, "M_FORBIDDEN", HttpMethod.Put, $"rooms/{Actor.Esc(room)}/state/org.example.mine/{Actor.Esc(bob.Id)}", "{}");
        await alice.Refused(400, "M_INVALID_PARAM", HttpMethod.Put, $"rooms/{Actor.Esc(room)}/state/a/{new string('k', 256)}", "{}");
        await alice.Refused(400, "M_BAD_JSON", HttpMethod.Put, path, "[]");
        // Who left is not told that all is as they want it.
        await alice.Set(room, "m.room.topic", new { topic = "last" });
        await alice.Do(room, "leave");
        await alice.Refused(403, "M_FORBIDDEN", HttpMethod.Put, path, new { topic = "last" });
        // One's own membership is state too.
        await bob.Put($"rooms/{Actor.Esc(room)}/state/m.room.member/{Actor.Esc(bob.Id)}", new { membership = "join", displayname = "Bob here" });
        Assert.Equal("Bob here", (await bob.State(room, "m.room.member", bob.Id)).GetProperty("displayname").GetString());
    }

    [Theory]
    [InlineData(Shape.One)]
    [InlineData(Shape.Split)]
    public async Task Reports_need_something_to_report(Shape shape)
    {
        var people = await Actor.Some(shape, 2);
        var (alice, bob) = (people[0], people[1]);
        var room = await alice.PublicRoom();
        var id = await alice.Say(room, "rude");
        var path = $"rooms/{Actor.Esc(room)}/report";
        await alice.Post($"{path}/{Actor.Esc(id)}", new { reason = "rude\nand more" });
        await bob.Refused(404, "M_NOT_FOUND", HttpMethod.Post, $"{path}/{Actor.Esc(id)}", "{}");
        await alice.Refused(404, "M_NOT_FOUND", HttpMethod.Post, $"{path}/{Actor.Esc("$nothing")}", "{}");
        await bob.Post(path, new { reason = "" });
        await bob.Refused(404, "M_NOT_FOUND", HttpMethod.Post, $"rooms/{Actor.Esc("!nowhere:localhost")}/report", "{}");
        await bob.Post($"users/{Actor.Esc(alice.Id)}/report", new { reason = "rude" });
        await bob.Refused(404, "M_NOT_FOUND", HttpMethod.Post, $"users/{Actor.Esc("@nobody:localhost")}/report", "{}");
        await bob.Refused(400, "M_BAD_JSON", HttpMethod.Post, path, """{"reason":5}""");
        await bob.Nobody.Refused(401, "M_MISSING_TOKEN", HttpMethod.Post, path, "{}");
    }
}
