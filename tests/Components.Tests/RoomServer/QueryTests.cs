using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.RoomServer.Tests;

public sealed class QueryTests
{
    static readonly UserId Alice = A.User("alice");
    static readonly UserId Bob = A.User("bob");
    static readonly UserId Carol = A.User("carol");

    [Fact]
    public async Task The_current_state_is_answered_whole_by_slot_and_by_type()
    {
        await using var server = await RoomTestServer.Start();
        var room = await server.CreateRoom(Alice, joined: Bob);
        var topic = await server.Send(room, A.State(Alice, EventTypes.Topic, "", """{"topic":"t"}"""));

        var whole = await server.Ask(new QueryCurrentState { RoomId = room });
        var slots = await server.Ask(new QueryCurrentState { RoomId = room, Slots = [new StateSlot(EventTypes.Topic, ""), new StateSlot("m.nothing", "")] });
        var types = await server.Ask(new QueryCurrentState { RoomId = room, Types = [EventTypes.Member] });

        Assert.Equal(6, whole.Events.Count);
        Assert.Equal(topic, slots.Events.Single().EventId);
        Assert.Equal(2, types.Events.Count);
        await Refused(404, server.Ask(new QueryCurrentState { RoomId = RoomId.Parse("!no:test.example") }));
    }

    [Fact]
    public async Task The_state_at_an_event_is_what_it_was_then()
    {
        await using var server = await RoomTestServer.Start();
        var room = await server.CreateRoom(Alice);
        var one = await server.Send(room, A.State(Alice, EventTypes.Topic, "", """{"topic":"one"}"""));
        var message = await server.Send(room, A.Message(Alice));
        var two = await server.Send(room, A.State(Alice, EventTypes.Topic, "", """{"topic":"two"}"""));
        StateSlot[] topic = [new(EventTypes.Topic, "")];

        Assert.Equal(one, (await server.Ask(new QueryStateAtEvent { RoomId = room, EventId = message, Slots = topic })).Events.Single().EventId);
        Assert.Equal(two, (await server.Ask(new QueryStateAtEvent { RoomId = room, EventId = two, Slots = topic })).Events.Single().EventId);
        Assert.Equal(one, (await server.Ask(new QueryStateAtEvent { RoomId = room, EventId = two, Slots = topic, Before = true })).Events.Single().EventId);
        Assert.Empty((await server.Ask(new QueryStateAtEvent { RoomId = room, EventId = one, Slots = topic, Before = true })).Events);
        Assert.Equal(4, (await server.Ask(new QueryStateAtEvent { RoomId = room, EventId = one, Before = true })).Events.Count);
        var other = await server.CreateRoom(Bob);
        await Refused(404, server.Ask(new QueryStateAtEvent { RoomId = other, EventId = one }));
    }

    [Fact]
    public async Task Memberships_are_answered_from_every_side()
    {
        await using var server = await RoomTestServer.Start();
        var room = await server.CreateRoom(Alice, joined: [Bob, Carol]);
        var apart = await server.CreateRoom(Alice);
        var message = await server.Send(room, A.Message(Bob));
        var left = await server.Send(room, A.Member(Bob, Bob, "leave"));

        Assert.Equal(("leave", left), (await server.Ask(new QueryMembershipForUser { RoomId = room, UserId = Bob })) is var it ? (it.Membership, it.EventId!.Value) : default);
        Assert.Equal(("none", true), (await server.Ask(new QueryMembershipForUser { RoomId = apart, UserId = Bob })) is var no ? (no.Membership, no.RoomKnown) : default);
        Assert.Equal([Alice, Carol], (await server.Ask(new QueryMembershipsForRoom { RoomId = room, Memberships = ["join"] })).Members.Select(member => member.UserId));
        Assert.Equal(2, (await server.Ask(new QueryRoomsForUser { UserId = Alice, Memberships = ["join"] })).Rooms.Count);
        Assert.Equal([room], (await server.Ask(new QueryMutualRooms { UserId = Alice, OtherUserId = Carol })).RoomIds);
        Assert.Equal([Carol], (await server.Ask(new QuerySharedUsers { UserId = Alice })).UserIds);
        var at = await server.Ask(new QueryMembershipAtEvent { RoomId = room, UserId = Bob, EventIds = [message, left] });
        Assert.Equal(("join", "leave"), (at.Memberships[message], at.Memberships[left]));
        var stranger = await server.Ask(new QueryMembershipAtEvent { RoomId = room, UserId = A.User("nobody"), EventIds = [message] });
        Assert.Equal("none", stranger.Memberships[message]);
    }

    [Fact]
    public async Task A_room_is_described()
    {
        await using var server = await RoomTestServer.Start();
        var room = await server.CreateRoom(Alice, joined: Bob);
        await server.Send(room, A.Member(Alice, Carol, "invite"));
        await server.Send(room, A.State(Alice, EventTypes.Encryption, "", """{"algorithm":"m.megolm.v1.aes-sha2"}"""));

        var info = await server.Ask(new QueryRoomInfo { RoomId = room });
        Assert.Equal(("12", 2, 1, "m.megolm.v1.aes-sha2"), (info.RoomVersion, info.JoinedUsers, info.InvitedUsers, info.Encryption));
        Assert.Equal("12", (await server.Ask(new QueryRoomVersion { RoomId = room })).RoomVersion);
        Assert.Equal(12, (await server.Ask(new QueryRoomVersionCapabilities())).Available.Count);
        var latest = await server.Ask(new QueryLatestEvents { RoomId = room });
        Assert.Equal((1, 8L), (latest.EventIds.Count, latest.Sequence));
        Assert.Equal(EventVerdict.Accepted, (await server.Ask(new QueryEventCheck { EventId = latest.EventIds[0] })).Verdict);
        await Refused(404, server.Ask(new QueryEventCheck { EventId = EventId.Parse("$nothing") }));
    }

    [Fact]
    public async Task Who_has_left_forgets_until_they_come_back()
    {
        await using var server = await RoomTestServer.Start();
        var room = await server.CreateRoom(Alice, joined: Bob);
        var forget = new PerformForget { RoomId = room, UserId = Bob };
        await Refused(400, server.Ask(forget));
        await server.Send(room, A.Member(Bob, Bob, "leave"));
        await server.Ask(forget);
        Assert.True((await server.Ask(new QueryRoomsForUser { UserId = Bob })).Rooms.Single().Forgotten);
        Assert.Equal(Bob, (await server.Consumer.Room(room, 7))[^1].UserId);

        await server.Send(room, A.Join(Bob));
        Assert.False((await server.Ask(new QueryRoomsForUser { UserId = Bob })).Rooms.Single().Forgotten);
    }

    [Fact]
    public async Task A_member_of_an_allowed_room_is_let_in_by_somebody_who_may()
    {
        await using var server = await RoomTestServer.Start();
        var lobby = await server.CreateRoom(Alice, joined: Bob);
        var room = await server.CreateRoom(Alice);
        await server.Send(room, A.State(Alice, EventTypes.JoinRules, "",
            $$"""{"join_rule":"restricted","allow":[{"type":"m.room_membership","room_id":"{{lobby}}"}]}"""));

        await Refused(403, server.Send(room, A.Join(Carol) with { AuthoriseRestrictedJoin = true }));
        await Refused(403, server.Send(room, A.Join(Bob)));
        var id = await server.Send(room, A.Join(Bob) with { AuthoriseRestrictedJoin = true });
        var joined = (await server.Ask(new QueryEventsById { EventIds = [id] })).Events.Single();
        Assert.Equal(Alice.Value, joined.Event.Parse().GetProperty("content").GetProperty("join_authorised_via_users_server").GetString());
    }

    static async Task Refused(int status, Task task) =>
        Assert.Equal(status, (await Assert.ThrowsAsync<RefusedException>(() => task)).Refusal.Status);
}
