using Matrix.Bus.Foundation;
using Matrix.Bus.Harness;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;
using Microsoft.Extensions.DependencyInjection;

namespace Matrix.Bus.RoomServer.Tests;

public sealed class OwnershipTests
{
    static readonly UserId Alice = A.User("alice");

    [Fact]
    public async Task A_host_that_was_taken_over_from_writes_nothing_any_more()
    {
        await using var older = await RoomTestServer.Start(partitions: 1);
        var room = await older.CreateRoom(Alice);
        await older.Send(room, A.Message(Alice));
        older.Services.GetRequiredService<LocalPartitions<InputRoomEvents, InputOutcome>>().StillOwned = _ => Task.FromResult(false);

        await using var newer = await RoomTestServer.Start(older, partitions: 1);
        var id = await newer.Send(room, A.Message(Alice));
        await Assert.ThrowsAsync<FencedException>(() => older.Send(room, A.Message(Alice)));
        await Assert.ThrowsAsync<FencedException>(() => older.Send(room, A.Message(Alice)));
        var last = await newer.Send(room, A.Message(Alice));

        Assert.Equal(7, await newer.Count("SELECT count(*) FROM rooms.event"));
        Assert.Equal(7, await newer.Count("SELECT max(position) FROM rooms.output"));
        var log = await newer.Consumer.Room(room, 7);
        Assert.Equal([id, last], log.TakeLast(2).Select(entry => entry.EventId!.Value));
        Assert.Equal(Enumerable.Range(1, 7).Select(i => (long)i), log.Select(entry => entry.Sequence));
    }

    [Fact]
    public async Task A_host_that_was_fenced_off_and_holds_the_lock_takes_the_partition_again()
    {
        await using var server = await RoomTestServer.Start(partitions: 1);
        var room = await server.CreateRoom(Alice);
        await using (var predecessor = await RoomTestServer.Start(server, partitions: 1))
            await predecessor.Send(room, A.Message(Alice));

        var ids = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => server.Send(room, A.Message(Alice))));

        Assert.Equal(25, await server.Count("SELECT count(*) FROM rooms.event"));
        var log = await server.Consumer.Room(room, 25);
        Assert.Equal(ids.Order(), log.TakeLast(20).Select(entry => entry.EventId!.Value).Order());
        Assert.Equal(Enumerable.Range(1, 25).Select(i => (long)i), log.Select(entry => entry.Sequence));
    }

    [Fact]
    public async Task A_host_that_could_not_take_its_partition_again_does_so_for_the_next_input()
    {
        var database = await (await PrivatePostgres.Shared()).NewDatabase();
        await using var line = new FaultyLine(database);
        await using var server = await RoomTestServer.Start(partitions: 1, database: line.Database);
        var room = await server.CreateRoom(Alice);
        await using (var predecessor = await RoomTestServer.Start(server, partitions: 1, database: database))
            await predecessor.Send(room, A.Message(Alice));

        line.Strike("INSERT INTO rooms.partition", Fault.Lost);
        await Assert.ThrowsAsync<FencedException>(() => server.Send(room, A.Message(Alice)));
        await line.Struck;
        await server.Send(room, A.Message(Alice));
        Assert.Equal(6, await server.Count("SELECT count(*) FROM rooms.event"));
    }

    [Fact]
    public async Task What_was_committed_and_never_announced_reaches_the_consumer_once()
    {
        // Its announcements go nowhere, as if it died between commit and announcement each time.
        await using var dying = await RoomTestServer.Start(partitions: 1, afterBus: services => services.AddSingleton<IAnnounce<OutputRoomEvent>, Nowhere>());
        var room = await dying.CreateRoom(Alice);
        await dying.Send(room, A.Message(Alice));
        Assert.Empty(dying.Consumer.Entries);

        await using var restarted = await RoomTestServer.Start(dying, partitions: 1);
        var log = await restarted.Consumer.Room(room, 5);
        Assert.Equal([1L, 2, 3, 4, 5], log.Select(entry => entry.Sequence));
        await restarted.Send(room, A.Message(Alice));
        Assert.Equal([1L, 2, 3, 4, 5, 6], (await restarted.Consumer.Room(room, 6)).Select(entry => entry.Sequence));
    }

    [Fact]
    public async Task The_log_that_is_read_again_equals_the_one_that_was_announced()
    {
        await using var server = await RoomTestServer.Start(partitions: 2);
        var room = await server.CreateRoom(Alice);
        await server.Send(room, A.State(Alice, EventTypes.Topic, "", """{"topic":"one"}"""));
        await server.Send(room, A.State(Alice, EventTypes.Topic, "", """{"topic":"two"}"""));
        await server.Send(room, A.Member(Alice, A.User("bob"), "invite"));
        await server.Send(room, A.Message(Alice));
        var announced = await server.Consumer.Room(room, 9);

        var reader = server.Services.GetRequiredService<ILogReader<OutputRoomEvent>>();
        var read = new List<OutputRoomEvent>();
        for (var partition = 0; partition < 2; partition++)
            read.AddRange((await reader.Read(partition, 0, 100, CancellationToken.None)).Select(entry => entry.Entry));

        Assert.Equal(announced.Select(Written), read.Select(Written));
    }

    [Fact]
    public async Task A_poisoned_input_takes_no_other_with_it()
    {
        await using var server = await RoomTestServer.Start(partitions: 1);
        var room = await server.CreateRoom(Alice);
        // PostgreSQL's text takes no U+0000; the transaction's fields are stored as text.
        var poisoned = A.Message(Alice) with { Transaction = A.Transaction("a\0b") };
        var sends = Enumerable.Range(0, 30).Select(i => server.Send(room, i == 15 ? poisoned : A.Message(Alice))).ToList();
        await Assert.ThrowsAnyAsync<Exception>(() => sends[15]);
        sends.RemoveAt(15);
        Assert.Equal(29, (await Task.WhenAll(sends)).Distinct().Count());
        Assert.Equal(33, await server.Count("SELECT count(*) FROM rooms.event"));
        Assert.Equal(33, await server.Count("SELECT max(position) FROM rooms.output"));
    }

    static string Written(OutputRoomEvent entry) => System.Text.Json.JsonSerializer.Serialize(entry);

    sealed class Nowhere : IAnnounce<OutputRoomEvent>
    {
        public void Announce(IReadOnlyList<Logged<OutputRoomEvent>> entries)
        {
        }
    }
}
