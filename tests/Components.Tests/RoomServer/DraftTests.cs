using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.RoomServer.Tests;

public sealed class DraftTests
{
    static readonly UserId Alice = A.User("alice");
    static readonly UserId Bob = A.User("bob");

    [Theory]
    [InlineData("1")]
    [InlineData("6")]
    [InlineData("10")]
    [InlineData("11")]
    [InlineData("12")]
    public async Task A_room_is_created_and_a_message_sent_in_every_kind_of_version(string version)
    {
        await using var server = await RoomTestServer.Start();
        var room = await server.CreateRoom(Alice, version);
        var id = await server.Send(room, A.Message(Alice));

        var log = await server.Consumer.Room(room, 5);
        Assert.Equal([1L, 2, 3, 4, 5], log.Select(entry => entry.Sequence));
        Assert.Equal(["m.room.create", "m.room.member", "m.room.power_levels", "m.room.join_rules", "m.room.message"],
            log.Select(entry => PduReader.Read(entry.Event!.Value.Utf8, RoomVersion.Find(version)!).OrThrow().Type));
        Assert.Equal(id, log[^1].EventId);
        Assert.All(log.Take(4), entry => Assert.Single(entry.StateChanges));
        Assert.Empty(log[^1].StateChanges);
    }

    [Fact]
    public async Task Each_event_follows_the_one_before_it()
    {
        await using var server = await RoomTestServer.Start();
        var room = await server.CreateRoom(Alice);
        var sends = Enumerable.Range(0, 50).Select(_ => server.Send(room, A.Message(Alice)));
        await Task.WhenAll(sends);

        var log = await server.Consumer.Room(room, 54);
        var pdus = log.Select(entry => PduReader.Read(entry.Event!.Value.Utf8, RoomVersion.Of(12)).OrThrow()).ToList();
        for (var i = 1; i < pdus.Count; i++)
        {
            Assert.Equal([pdus[i - 1].EventId], pdus[i].PrevEvents);
            Assert.Equal(pdus[i - 1].Depth + 1, pdus[i].Depth);
        }
    }

    [Fact]
    public async Task Whoever_is_not_in_the_room_is_refused_with_the_rule()
    {
        await using var server = await RoomTestServer.Start();
        var room = await server.CreateRoom(Alice);

        var refused = await Assert.ThrowsAsync<RefusedException>(() => server.Send(room, A.Message(Bob)));

        Assert.Equal((403, "M_FORBIDDEN"), (refused.Refusal.Status, refused.Refusal.Errcode));
        Assert.NotNull(refused.Refusal.Rule);
        Assert.Equal(4, await server.Count("SELECT count(*) FROM rooms.event"));
    }

    [Fact]
    public async Task A_room_nobody_knows_is_forbidden_to_speak_in_and_not_found_to_join()
    {
        await using var server = await RoomTestServer.Start();
        var room = RoomId.Parse("!nowhere:test.example");
        var speak = await Assert.ThrowsAsync<RefusedException>(() => server.Send(room, A.Message(Alice)));
        var join = await Assert.ThrowsAsync<RefusedException>(() => server.Send(room, A.Join(Alice)));
        Assert.Equal((403, 404), (speak.Refusal.Status, join.Refusal.Status));
    }

    [Fact]
    public async Task A_state_event_tells_what_it_replaces()
    {
        await using var server = await RoomTestServer.Start();
        var room = await server.CreateRoom(Alice);
        var first = await server.Send(room, A.State(Alice, EventTypes.Topic, "", """{"topic":"one"}"""));
        var second = await server.Send(room, A.State(Alice, EventTypes.Topic, "", """{"topic":"two"}"""));

        var log = await server.Consumer.Room(room, 6);
        Assert.Null(log[4].ReplacesState);
        Assert.Equal(first, log[5].ReplacesState);
        Assert.Equal("""{"topic":"one"}""", log[5].PrevContent.ToString());
        Assert.Equal(second, log[5].StateChanges.Single().EventId);
    }

    [Fact]
    public async Task Drafts_of_one_input_are_all_accepted_or_none()
    {
        await using var server = await RoomTestServer.Start();
        var room = await server.CreateRoom(Alice);

        await Assert.ThrowsAsync<RefusedException>(() => server.Input(
            room,
            A.Input(A.State(Alice, EventTypes.Topic, "", """{"topic":"one"}""")),
            A.Input(A.Message(Alice, transaction: "kept?")),
            A.Input(A.Message(Bob))));

        Assert.Equal(4, await server.Count("SELECT count(*) FROM rooms.event"));
        Assert.Equal(0, await server.Count("SELECT count(*) FROM rooms.client_transaction"));
        // What was half done left nothing in memory either.
        var again = await server.Input(room, A.Input(A.State(Alice, EventTypes.Topic, "", """{"topic":"two"}""")), A.Input(A.Message(Alice, transaction: "kept?")));
        Assert.All(again.Events, outcome => Assert.False(outcome.Repeat));
        var log = await server.Consumer.Room(room, 6);
        Assert.Equal([1L, 2, 3, 4, 5, 6], log.Select(entry => entry.Sequence));
        Assert.Null(log[4].ReplacesState);
    }

    [Fact]
    public async Task A_creation_that_fails_halfway_leaves_no_room()
    {
        await using var server = await RoomTestServer.Start();
        var call = await A.Creation(server, Alice);
        var broken = call with { Events = [.. call.Events, A.Input(A.Message(Bob))] };
        await Assert.ThrowsAsync<RefusedException>(() => server.Calls.Ask(broken, CancellationToken.None));
        Assert.Equal(0, await server.Count("SELECT count(*) FROM rooms.room"));

        var outcome = await server.Calls.Ask(call, CancellationToken.None);
        Assert.Equal(4, outcome.Events.Count);
        var repeat = await server.Calls.Ask(call, CancellationToken.None);
        Assert.Equal(outcome.Events.Select(each => each.EventId), repeat.Events.Select(each => each.EventId));
        Assert.All(repeat.Events, each => Assert.True(each.Repeat));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{\"a\":1.5}")]
    [InlineData("{\"a\":1,\"a\":2}")]
    [InlineData("not json")]
    public async Task Content_that_is_no_event_content_is_refused(string content)
    {
        await using var server = await RoomTestServer.Start();
        var room = await server.CreateRoom(Alice);
        var refused = await Assert.ThrowsAsync<RefusedException>(() => server.Send(room, A.Message(Alice) with { Content = A.Json(content) }));
        Assert.Equal((400, "M_BAD_JSON"), (refused.Refusal.Status, refused.Refusal.Errcode));
        refused = await Assert.ThrowsAsync<RefusedException>(() => server.Send(room, A.Join(Bob) with { Content = A.Json(content) }));
        Assert.Equal(400, refused.Refusal.Status);
    }

    [Fact]
    public async Task An_event_that_is_too_large_is_refused()
    {
        await using var server = await RoomTestServer.Start();
        var room = await server.CreateRoom(Alice);
        var refused = await Assert.ThrowsAsync<RefusedException>(() => server.Send(room, A.Message(Alice, new string('x', 66_000))));
        Assert.Equal((413, "M_TOO_LARGE"), (refused.Refusal.Status, refused.Refusal.Errcode));
    }

    [Fact]
    public async Task An_invite_of_a_local_user_tells_what_to_show()
    {
        await using var server = await RoomTestServer.Start();
        var room = await server.CreateRoom(Alice, joinRule: "invite");
        await server.Send(room, A.State(Alice, EventTypes.Name, "", """{"name":"Den"}"""));
        var invite = await server.Send(room, A.Member(Alice, Bob, "invite"));

        var log = await server.Consumer.Room(room, 7);
        Assert.Equal((OutputKind.InviteOrKnock, invite, Bob), (log[6].Kind, log[6].EventId!.Value, log[6].UserId!.Value));
        var stripped = log[6].StrippedState!.Value.Parse().EnumerateArray().Select(each => each.GetProperty("type").GetString()).ToList();
        Assert.Equal(["m.room.create", "m.room.join_rules", "m.room.name", "m.room.member", "m.room.member"], stripped);
    }
}
