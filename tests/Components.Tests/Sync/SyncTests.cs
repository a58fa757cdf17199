namespace Matrix.Bus.Components.Tests.Sync;

public sealed class SyncTests
{
    const string Alice = "@alice:here", Bob = "@bob:here";

    [Fact]
    public async Task An_initial_sync_has_the_room_with_its_timeline_state_and_summary()
    {
        await using var host = await SyncHost.Start(await SyncHost.NewDatabase());
        var room = new RoomLog().Created();
        room.Join(Bob);
        room.Message(Alice, "hello");
        await host.Take(room);

        var answer = await host.Sync(Alice, filter: """{"room":{"timeline":{"limit":2}}}""");

        Assert.Equal(["hello"], answer.Bodies(room.RoomId));
        Assert.Equal(2, answer.Timeline(room.RoomId).Count);
        Assert.True(answer.Limited(room.RoomId));
        Assert.Equal(["m.room.create|", "m.room.history_visibility|", "m.room.member|@alice:here", "m.room.power_levels|"], answer.StateTypes(room.RoomId).Order());
        var summary = answer.Joined(room.RoomId).GetProperty("summary");
        Assert.Equal(2, summary.GetProperty("m.joined_member_count").GetInt32());
        Assert.Equal(Bob, Assert.Single(summary.GetProperty("m.heroes").EnumerateArray()).GetString());
        Assert.Equal("join", answer.Timeline(room.RoomId)[^1].GetProperty("unsigned").GetProperty("membership").GetString());
    }

    [Fact]
    public async Task An_incremental_sync_has_what_came_since_and_nothing_else()
    {
        await using var host = await SyncHost.Start(await SyncHost.NewDatabase());
        var room = new RoomLog().Created();
        await host.Take(room);
        var first = await host.Sync(Alice);
        room.Message(Alice, "one");
        room.State(Alice, "m.room.name", "", new { name = "A" });
        await host.Take(room);

        var second = await host.Sync(Alice, first.Next);
        Assert.Equal(["one"], second.Bodies(room.RoomId));
        Assert.Equal(2, second.Timeline(room.RoomId).Count);
        Assert.Empty(second.State(room.RoomId));
        Assert.False(second.Limited(room.RoomId));

        var third = await host.Sync(Alice, second.Next);
        Assert.Equal(second.Next, third.Next);
        Assert.Null(third.Room(room.RoomId));
    }

    [Fact]
    public async Task A_waiting_client_is_woken_by_a_commit()
    {
        await using var host = await SyncHost.Start(await SyncHost.NewDatabase());
        var room = new RoomLog().Created();
        await host.Take(room);
        var since = (await host.Sync(Alice)).Next;

        var waiting = host.Sync(Alice, since, timeout: 30_000);
        Assert.False(waiting.IsCompleted);
        room.Message(Alice, "wake up");
        await host.Take(room);

        Assert.Equal(["wake up"], (await waiting.WaitAsync(TimeSpan.FromSeconds(10))).Bodies(room.RoomId));
    }
}
