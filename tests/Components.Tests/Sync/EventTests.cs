using System.Text.Json;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.Components.Tests.Sync;

public sealed class EventTests
{
    const string Alice = "@alice:here", Bob = "@bob:here";

    [Fact]
    public async Task A_transaction_id_is_told_to_its_device_alone()
    {
        await using var host = await SyncHost.Start(await SyncHost.NewDatabase());
        var room = new RoomLog().Created();
        room.Join(Bob);
        room.Message(Alice, "mine", device: "D", transaction: "t1");
        await host.Take(room);

        Assert.Equal("t1", Unsigned(await host.Sync(Alice), room).GetProperty("transaction_id").GetString());
        Assert.False(Unsigned(await host.Sync(Alice, device: "E"), room).TryGetProperty("transaction_id", out _));
        Assert.False(Unsigned(await host.Sync(Bob), room).TryGetProperty("transaction_id", out _));
    }

    [Fact]
    public async Task An_event_has_what_clients_need_and_nothing_of_the_federation()
    {
        await using var host = await SyncHost.Start(await SyncHost.NewDatabase());
        var room = new RoomLog().Created();
        room.State(Alice, "m.room.name", "", new { name = "old" });
        room.State(Alice, "m.room.name", "", new { name = "new" });
        await host.Take(room);

        var name = (await host.Sync(Alice)).Timeline(room.RoomId)[^1];

        Assert.Equal(["content", "event_id", "origin_server_ts", "sender", "state_key", "type", "unsigned"], name.EnumerateObject().Select(member => member.Name).Order());
        Assert.Equal("old", name.GetProperty("unsigned").GetProperty("prev_content").GetProperty("name").GetString());
        Assert.True(name.GetProperty("unsigned").GetProperty("age").GetInt64() > 0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_redacted_event_says_why_wherever_it_is_read(bool fresh)
    {
        var database = await SyncHost.NewDatabase();
        await using var live = await SyncHost.Start(database);
        var room = new RoomLog().Created();
        await live.Take(room);
        var since = (await live.Sync(Alice)).Next;
        var secret = room.Message(Alice, "secret");
        var topic = room.State(Alice, "m.room.topic", "", new { topic = "hidden" });
        room.State(Alice, "m.room.topic", "", new { topic = "fine" });
        await live.Take(room);
        var because = room.Redact(Alice, secret);
        room.Redact(Alice, topic);
        await live.Take(room);
        await using var other = await SyncHost.Start(database);

        var answer = await (fresh ? other : live).Sync(Alice, fresh ? null : since);

        Assert.DoesNotContain("secret", answer.Json.ToString());
        Assert.DoesNotContain("hidden", answer.Json.ToString());
        var redacted = answer.Timeline(room.RoomId).Single(e => e.GetProperty("event_id").GetString() == secret);
        Assert.Equal(because, redacted.GetProperty("unsigned").GetProperty("redacted_because").GetProperty("event_id").GetString());
        var redaction = answer.Timeline(room.RoomId).Single(e => e.GetProperty("event_id").GetString() == because);
        Assert.Equal(secret, redaction.GetProperty("redacts").GetString());
        Assert.Equal(secret, redaction.GetProperty("content").GetProperty("redacts").GetString());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Relations_are_bundled(bool incremental)
    {
        await using var host = await SyncHost.Start(await SyncHost.NewDatabase());
        var room = new RoomLog().Created();
        room.Join(Bob);
        await host.Take(room);
        var since = (await host.Sync(Alice)).Next;
        var root = room.Message(Alice, "root");
        room.Message(Alice, "edit 1", new { rel_type = "m.replace", event_id = root });
        var edit = room.Message(Alice, "edit 2", new { rel_type = "m.replace", event_id = root });
        room.Message(Bob, "not yours to edit", new { rel_type = "m.replace", event_id = root });
        room.Message(Alice, "t1", new { rel_type = "m.thread", event_id = root });
        var latest = room.Message(Bob, "t2", new { rel_type = "m.thread", event_id = root });
        var reference = room.Message(Bob, "ref", new { rel_type = "m.reference", event_id = root });
        await host.Take(room);

        var answer = await host.Sync(Alice, incremental ? since : null, """{"room":{"timeline":{"limit":50}}}""");

        var relations = answer.Timeline(room.RoomId).Single(e => e.GetProperty("event_id").GetString() == root).GetProperty("unsigned").GetProperty("m.relations");
        Assert.Equal(edit, relations.GetProperty("m.replace").GetProperty("event_id").GetString());
        Assert.Equal(2, relations.GetProperty("m.thread").GetProperty("count").GetInt32());
        Assert.Equal(latest, relations.GetProperty("m.thread").GetProperty("latest_event").GetProperty("event_id").GetString());
        Assert.True(relations.GetProperty("m.thread").GetProperty("current_user_participated").GetBoolean());
        Assert.Equal(reference, Assert.Single(relations.GetProperty("m.reference").GetProperty("chunk").EnumerateArray()).GetProperty("event_id").GetString());
    }

    [Fact]
    public async Task Account_data_comes_once_and_anew_when_it_changes()
    {
        await using var host = await SyncHost.Start(await SyncHost.NewDatabase());
        var room = new RoomLog().Created();
        await host.Take(room);
        var since = (await host.Sync(Alice)).Next;
        await host.AttachData(3);
        await host.TakeData(3, 0, Data(null, "org.a", """{"n":1}"""), Data(null, "org.a", """{"n":2}"""), Data(room.RoomId, "m.tag", """{"tags":{}}"""));

        foreach (var token in (string?[])[since, null])
        {
            var answer = await host.Sync(Alice, token);
            var global = Assert.Single(answer.Json.GetProperty("account_data").GetProperty("events").EnumerateArray());
            Assert.Equal(2, global.GetProperty("content").GetProperty("n").GetInt32());
            Assert.Equal("m.tag", Assert.Single(answer.Joined(room.RoomId).GetProperty("account_data").GetProperty("events").EnumerateArray()).GetProperty("type").GetString());
            Assert.False((await host.Sync(Alice, answer.Next)).Json.TryGetProperty("account_data", out _));
            Assert.False((await host.Sync(Bob, token)).Json.TryGetProperty("account_data", out _));
        }
        var filtered = await host.Sync(Alice, since, """{"account_data":{"not_types":["org.*"]},"room":{"account_data":{"types":[]}}}""");
        Assert.False(filtered.Json.TryGetProperty("account_data", out _));
        Assert.Null(filtered.Room(room.RoomId));
    }

    [Fact]
    public async Task A_nul_in_a_state_key_is_kept_in_the_event()
    {
        await using var host = await SyncHost.Start(await SyncHost.NewDatabase());
        var room = new RoomLog().Created();
        room.State(Alice, "org.example", "a\0b", new { x = 1 });
        await host.Take(room);

        Assert.Equal("a\0b", (await host.Sync(Alice)).Timeline(room.RoomId)[^1].GetProperty("state_key").GetString());
    }

    static Messages.Users.OutputClientData Data(string? room, string type, string content) => new()
    {
        UserId = UserId.Parse(Alice),
        RoomId = room is null ? null : RoomId.Parse(room),
        Type = type,
        Content = new RawJson(System.Text.Encoding.UTF8.GetBytes(content)),
    };

    static JsonElement Unsigned(Answer answer, RoomLog room) => answer.Timeline(room.RoomId)[^1].GetProperty("unsigned");
}
