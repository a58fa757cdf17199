using System.Text.Json;

namespace Matrix.Bus.Components.Tests.Sync;

public sealed class MembershipTests
{
    const string Alice = "@alice:here", Bob = "@bob:here";

    [Theory]
    [InlineData("leave")]
    [InlineData("ban")]
    public async Task Who_leaves_sees_what_was_until_then_and_nothing_after(string how)
    {
        await using var host = await SyncHost.Start(await SyncHost.NewDatabase());
        var room = new RoomLog().Created();
        room.Join(Bob);
        await host.Take(room);
        var since = (await host.Sync(Bob)).Next;
        var root = room.Message(Alice, "before");
        room.Member(how == "leave" ? Bob : Alice, Bob, how);
        room.Message(Alice, "after");
        room.Message(Alice, "edited after", new { rel_type = "m.replace", event_id = root });
        room.State(Alice, "m.room.topic", "", new { topic = "after" });
        await host.Take(room);

        foreach (var fullState in (bool[])[false, true])
        {
            var answer = await host.Sync(Bob, since, fullState: fullState);
            Assert.Null(answer.Room(room.RoomId));
            Assert.Equal(["before"], answer.Bodies(room.RoomId, "leave"));
            Assert.Equal(how, answer.Timeline(room.RoomId, "leave")[^1].GetProperty("content").GetProperty("membership").GetString());
            Assert.DoesNotContain("m.room.topic|", answer.StateTypes(room.RoomId, "leave"));
            Assert.False(answer.Timeline(room.RoomId, "leave")[0].GetProperty("unsigned").TryGetProperty("m.relations", out _));
            Assert.Null((await host.Sync(Bob, answer.Next)).Room(room.RoomId, "leave"));
        }

        Assert.Null((await host.Sync(Bob)).Room(room.RoomId, "leave"));
        var archived = await host.Sync(Bob, filter: """{"room":{"include_leave":true}}""");
        Assert.Equal(["before"], archived.Bodies(room.RoomId, "leave"));
        Assert.DoesNotContain("m.room.topic|", archived.StateTypes(room.RoomId, "leave"));
    }

    [Fact]
    public async Task A_ban_after_leaving_shows_nothing_of_the_time_between()
    {
        await using var host = await SyncHost.Start(await SyncHost.NewDatabase());
        var room = new RoomLog().Created();
        room.Join(Bob);
        await host.Take(room);
        var since = (await host.Sync(Bob)).Next;
        room.Leave(Bob);
        room.Message(Alice, "behind his back");
        room.State(Alice, "m.room.topic", "", new { topic = "secret" });
        room.Member(Alice, Bob, "ban");
        await host.Take(room);

        var answer = await host.Sync(Bob, since);

        Assert.DoesNotContain("secret", answer.Json.ToString());
        Assert.DoesNotContain("behind", answer.Json.ToString());
        Assert.Single(answer.Timeline(room.RoomId, "leave"));
    }

    [Fact]
    public async Task A_room_joined_anew_comes_with_its_full_state()
    {
        await using var host = await SyncHost.Start(await SyncHost.NewDatabase());
        var room = new RoomLog().Created();
        room.Join(Bob);
        await host.Take(room);
        var since = (await host.Sync(Bob)).Next;
        room.Leave(Bob);
        room.Message(Alice, "missed");
        room.Join(Bob);
        await host.Take(room);

        // Left and joined again between two syncs: still a member to the client, and the gap is the timeline.
        Assert.Contains("missed", (await host.Sync(Bob, since)).Bodies(room.RoomId));

        room.Leave(Bob);
        await host.Take(room);
        var left = await host.Sync(Bob, since);
        room.Join(Bob);
        await host.Take(room);
        var back = await host.Sync(Bob, left.Next, """{"room":{"timeline":{"limit":1}}}""");
        Assert.Equal(["m.room.create|", "m.room.history_visibility|", "m.room.member|@alice:here", "m.room.member|@bob:here", "m.room.power_levels|"],
            back.StateTypes(room.RoomId).Order());
        Assert.True(back.Limited(room.RoomId));
    }

    [Fact]
    public async Task A_newcomer_sees_no_history_of_a_room_that_hides_it()
    {
        await using var host = await SyncHost.Start(await SyncHost.NewDatabase());
        var room = new RoomLog().Created(visibility: "joined");
        room.Message(Alice, "secret");
        room.Join(Bob);
        room.Message(Alice, "welcome");
        await host.Take(room);

        var answer = await host.Sync(Bob);

        Assert.Equal(["welcome"], answer.Bodies(room.RoomId));
        Assert.DoesNotContain("secret", answer.Json.ToString());
    }

    [Fact]
    public async Task An_invite_comes_with_clean_stripped_state_and_goes_when_it_is_over()
    {
        await using var host = await SyncHost.Start(await SyncHost.NewDatabase());
        var room = new RoomLog().Created();
        await host.Take(room);
        var since = (await host.Sync(Bob)).Next;
        room.Invite(Alice, Bob, """[{"type":"m.room.name","state_key":"","sender":"@alice:here","content":{"name":"N"},"event_id":"$x","unsigned":{}},7,{"type":1},{"type":"m.room.topic","state_key":"","sender":"@a:here","content":[]}]""");
        await host.Take(room);

        foreach (var token in (string?[])[since, null])
        {
            var answer = await host.Sync(Bob, token);
            var events = answer.Room(room.RoomId, "invite")!.Value.GetProperty("invite_state").GetProperty("events").EnumerateArray().ToList();
            Assert.Equal(["m.room.name", "m.room.member"], events.Select(e => e.GetProperty("type").GetString()));
            Assert.All(events, e => Assert.Equal(["content", "sender", "state_key", "type"], e.EnumerateObject().Select(member => member.Name).Order()));
            Assert.Null(answer.Room(room.RoomId));
        }

        var seen = (await host.Sync(Bob, since)).Next;
        Assert.Null((await host.Sync(Bob, seen)).Room(room.RoomId, "invite"));
        room.State(Alice, "m.room.topic", "", new { topic = "not for guests" });
        room.Leave(Bob);
        await host.Take(room);
        var over = await host.Sync(Bob, seen);
        Assert.Single(over.Timeline(room.RoomId, "leave"));
        Assert.Empty(over.State(room.RoomId, "leave"));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("\"nonsense\"")]
    [InlineData("{\"a\":1}")]
    [InlineData("[[[]],null]")]
    public async Task An_invite_from_afar_with_nonsense_for_state_breaks_nothing(string state)
    {
        var database = await SyncHost.NewDatabase();
        await using var host = await SyncHost.Start(database);
        var room = new RoomLog("!far:away");
        var since = (await host.Sync(Bob)).Next;
        room.InviteFromAfar("@x:away", Bob, state);
        await host.Take(room);

        var answer = await host.Sync(Bob, since);
        Assert.Single(answer.Room("!far:away", "invite")!.Value.GetProperty("invite_state").GetProperty("events").EnumerateArray());
        await using var other = await SyncHost.Start(database);
        Assert.NotNull((await other.Sync(Bob)).Room("!far:away", "invite"));

        room.InviteEnded(Bob);
        await host.Take(room);
        var ended = await host.Sync(Bob, answer.Next);
        Assert.Empty(ended.Timeline("!far:away", "leave"));
        Assert.NotNull(ended.Room("!far:away", "leave"));
        Assert.Null((await host.Sync(Bob)).Room("!far:away", "invite"));
    }

    [Fact]
    public async Task A_forgotten_room_is_not_archived()
    {
        await using var host = await SyncHost.Start(await SyncHost.NewDatabase());
        var room = new RoomLog().Created();
        room.Join(Bob);
        room.Leave(Bob);
        await host.Take(room);
        const string Archive = """{"room":{"include_leave":true}}""";
        Assert.NotNull((await host.Sync(Bob, filter: Archive)).Room(room.RoomId, "leave"));

        room.Forget(Bob);
        await host.Take(room);

        Assert.Null((await host.Sync(Bob, filter: Archive)).Room(room.RoomId, "leave"));
    }

    [Fact]
    public async Task A_purged_room_is_gone()
    {
        var database = await SyncHost.NewDatabase();
        await using var host = await SyncHost.Start(database);
        var room = new RoomLog().Created();
        await host.Take(room);
        var since = (await host.Sync(Alice)).Next;
        room.Purge();
        await host.Take(room);

        Assert.Null((await host.Sync(Alice, since)).Room(room.RoomId));
        await using var other = await SyncHost.Start(database);
        Assert.Null((await other.Sync(Alice)).Room(room.RoomId));
    }

    [Fact]
    public async Task Lazy_loading_sends_who_speaks_once_to_each_device()
    {
        const string Lazy = """{"room":{"state":{"lazy_load_members":true},"timeline":{"limit":1}}}""";
        await using var host = await SyncHost.Start(await SyncHost.NewDatabase());
        var room = new RoomLog().Created();
        room.State(Alice, "m.room.name", "", new { name = "named" });
        for (var i = 0; i < 10; i++)
            room.Join($"@user{i}:here");
        room.Join(Bob);
        room.Message("@user3:here", "hi");
        await host.Take(room);

        var first = await host.Sync(Alice, filter: Lazy);
        Assert.Equal(["m.room.member|@alice:here", "m.room.member|@user3:here"], first.StateTypes(room.RoomId).Where(IsMember).Order());

        room.Message("@user3:here", "again");
        await host.Take(room);
        var second = await host.Sync(Alice, first.Next, Lazy);
        Assert.DoesNotContain(second.StateTypes(room.RoomId), IsMember);

        var redundant = await host.Sync(Alice, first.Next, Lazy.Replace("\"lazy_load_members\":true", "\"lazy_load_members\":true,\"include_redundant_members\":true"));
        Assert.Contains("m.room.member|@user3:here", redundant.StateTypes(room.RoomId));
        var elsewhere = await host.Sync(Alice, first.Next, Lazy, device: "E");
        Assert.Contains("m.room.member|@user3:here", elsewhere.StateTypes(room.RoomId));

        room.Join("@user5:here", "new name");
        room.Message("@user6:here", "x");
        room.Message("@user6:here", "y");
        await host.Take(room);
        var gap = await host.Sync(Alice, second.Next, Lazy);
        Assert.Equal(["m.room.member|@user5:here", "m.room.member|@user6:here"], gap.StateTypes(room.RoomId).Where(IsMember).Order());
    }

    [Fact]
    public async Task Messages_and_invites_of_ignored_users_are_not_sent()
    {
        await using var host = await SyncHost.Start(await SyncHost.NewDatabase());
        var room = new RoomLog().Created();
        room.Join(Bob);
        await host.Take(room);
        var since = (await host.Sync(Alice)).Next;
        await host.AttachData(0);
        await host.TakeData(0, 0, new Messages.Users.OutputClientData
        {
            UserId = Protocol.UserId.Parse(Alice),
            Type = "m.ignored_user_list",
            Content = new Protocol.RawJson("""{"ignored_users":{"@bob:here":{}}}"""u8.ToArray()),
        });
        room.Message(Bob, "unwanted");
        room.State(Bob, "m.room.topic", "", new { topic = "state is sent" });
        await host.Take(room);
        var other = new RoomLog("!other:here", partition: 1).Created(Bob);
        other.Invite(Bob, Alice);
        await host.Take(other);

        var answer = await host.Sync(Alice, since);

        Assert.Empty(answer.Bodies(room.RoomId));
        Assert.Single(answer.Timeline(room.RoomId));
        Assert.Null(answer.Room(other.RoomId, "invite"));
        Assert.Equal("m.ignored_user_list", Assert.Single(answer.Json.GetProperty("account_data").GetProperty("events").EnumerateArray()).GetProperty("type").GetString());
    }

    static bool IsMember(string slot) => slot.StartsWith("m.room.member", StringComparison.Ordinal);
}
