using Matrix.Bus.Messages;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.RoomServer.Tests;

public sealed class TransactionTests
{
    static readonly UserId Alice = A.User("alice");
    static readonly UserId Bob = A.User("bob");

    [Fact]
    public async Task A_repeat_is_the_same_event()
    {
        await using var server = await RoomTestServer.Start();
        var room = await server.CreateRoom(Alice);
        var first = await server.Send(room, A.Message(Alice, "one", "t1"));
        var again = await server.Input(room, A.Input(A.Message(Alice, "another body", "t1")));
        Assert.Equal(first, again.Events[0].EventId);
        Assert.True(again.Events[0].Repeat);
        Assert.Equal(5, await server.Count("SELECT count(*) FROM rooms.event"));
    }

    [Fact]
    public async Task Repeats_in_flight_are_one_event()
    {
        await using var server = await RoomTestServer.Start();
        var room = await server.CreateRoom(Alice);
        var ids = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => Task.Run(() => server.Send(room, A.Message(Alice, "one", "t1")))));
        Assert.Single(ids.Distinct());
        Assert.Equal(5, await server.Count("SELECT count(*) FROM rooms.event"));
    }

    [Fact]
    public async Task A_repeat_after_a_restart_is_the_same_event_and_takes_no_other_with_it()
    {
        await using var server = await RoomTestServer.Start();
        var room = await server.CreateRoom(Alice, joined: Bob);
        var first = await server.Send(room, A.Message(Alice, "one", "t1"));

        await using var restarted = await RoomTestServer.Start(server);
        var sends = Enumerable.Range(0, 20).Select(i => restarted.Send(room, i == 10 ? A.Message(Alice, "one", "t1") : A.Message(Bob, $"{i}"))).ToList();
        var ids = await Task.WhenAll(sends);

        Assert.Equal(first, ids[10]);
        Assert.Equal(20, ids.Distinct().Count());
        Assert.Equal(6 + 19, await restarted.Count("SELECT count(*) FROM rooms.event"));
    }

    [Fact]
    public async Task A_repeat_by_somebody_banned_since_is_answered_as_it_was()
    {
        await using var server = await RoomTestServer.Start();
        var room = await server.CreateRoom(Alice, joined: Bob);
        var first = await server.Send(room, A.Message(Bob, "one", "t1"));
        await server.Send(room, A.Member(Alice, Bob, "ban"));

        await using var restarted = await RoomTestServer.Start(server);
        Assert.Equal(first, await restarted.Send(room, A.Message(Bob, "one", "t1")));
        await Assert.ThrowsAsync<RefusedException>(() => restarted.Send(room, A.Message(Bob, "two", "t2")));
    }

    [Fact]
    public async Task The_same_id_of_another_user_device_or_endpoint_is_another_event()
    {
        await using var server = await RoomTestServer.Start();
        var room = await server.CreateRoom(Alice, joined: Bob);
        var draft = A.Message(Alice, "one", "t1");
        var ids = new List<EventId>
        {
            await server.Send(room, draft),
            await server.Send(room, draft with { Sender = Bob }),
            await server.Send(room, draft with { Transaction = draft.Transaction! with { DeviceId = "OTHER" } }),
            await server.Send(room, draft with { Transaction = draft.Transaction! with { Endpoint = "other" } }),
        };
        Assert.Equal(4, ids.Distinct().Count());
    }
}
