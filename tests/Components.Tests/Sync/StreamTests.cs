using System.Collections.Concurrent;
using Matrix.Bus.Foundation;
using Matrix.Bus.Sync.Storage;
using Npgsql;

namespace Matrix.Bus.Components.Tests.Sync;

public sealed class StreamTests
{
    const string Alice = "@alice:here";

    [Fact]
    public async Task A_token_skips_nothing_while_two_hosts_commit_at_once()
    {
        const int Rooms = 4, Messages = 150;
        var database = await SyncHost.NewDatabase();
        var relay = new Relay();
        await using var one = await SyncHost.Start(database, relay);
        await using var two = await SyncHost.Start(database, relay);
        SyncHost[] hosts = [one, two];
        var rooms = Enumerable.Range(0, Rooms).Select(i => new RoomLog($"!room{i}:here", partition: i).Created()).ToList();
        foreach (var room in rooms)
            await hosts[rooms.IndexOf(room) % 2].Take(room);

        using var done = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var since = (await one.Sync(Alice)).Next;
        var writers = rooms.Select((room, i) => Task.Run(async () =>
        {
            for (var n = 0; n < Messages; n++)
            {
                room.Message(Alice, $"{n}");
                await hosts[i % 2].Take(room);
            }
        })).ToList();

        // Two clients, one of which changes hosts with every request.
        var readers = new[] { false, true }.Select(alternates => Task.Run(async () =>
        {
            var seen = new ConcurrentDictionary<string, List<string>>();
            var token = since;
            long last = 0;
            for (var n = 0; seen.Values.Sum(bodies => bodies.Count) < Rooms * Messages; n++)
            {
                var answer = await hosts[alternates ? n % 2 : 1].Sync(Alice, token, """{"room":{"timeline":{"limit":500}}}""", timeout: 20_000, cancel: done.Token);
                Assert.True(answer.Position >= last, "The token went backwards.");
                last = answer.Position;
                foreach (var room in rooms)
                    seen.GetOrAdd(room.RoomId, _ => []).AddRange(answer.Bodies(room.RoomId));
                token = answer.Next;
            }
            return seen;
        })).ToList();

        await Task.WhenAll(writers);
        foreach (var seen in await Task.WhenAll(readers))
        {
            foreach (var room in rooms)
                Assert.Equal(Enumerable.Range(0, Messages).Select(n => $"{n}"), seen[room.RoomId]);
        }
    }

    [Fact]
    public async Task Who_missed_the_news_of_another_host_is_late_not_wrong()
    {
        var database = await SyncHost.NewDatabase();
        var relay = new Relay { Lost = true };
        await using var one = await SyncHost.Start(database, relay);
        await using var two = await SyncHost.Start(database, relay);
        var room = new RoomLog().Created();
        await one.Take(room);
        var since = (await two.Sync(Alice)).Next;
        var waiting = two.Sync(Alice, since, timeout: 30_000);
        room.Message(Alice, "one");
        await one.Take(room);
        Assert.False(waiting.IsCompleted);

        // A token that the other host gave is proof of news.
        var ahead = (await one.Sync(Alice, since)).Next;
        Assert.Empty((await two.Sync(Alice, ahead)).Bodies(room.RoomId));

        Assert.Equal(["one"], (await waiting.WaitAsync(TimeSpan.FromSeconds(10))).Bodies(room.RoomId));
    }

    [Fact]
    public async Task A_host_that_lost_its_partition_is_fenced_and_stores_nothing()
    {
        var database = await SyncHost.NewDatabase();
        await using var one = await SyncHost.Start(database);
        await using var two = await SyncHost.Start(database);
        var room = new RoomLog().Created();
        await one.Take(room);
        var at = room.Entries[^1].Position;
        room.Message(Alice, "once");
        await two.Take(room);
        var neighbour = new RoomLog("!neighbour:here", partition: 1).Created();
        room.Message(Alice, "stale");
        await one.Take(new RoomLog("!warm:here", partition: 1));

        // Committed together with a neighbour that is in its right.
        var stale = one.Take(0, at, [room.Entries[^1]]);
        var right = one.Take(neighbour);

        await Assert.ThrowsAsync<FencedException>(() => stale);
        await right;
        Assert.Equal(["once"], (await one.Sync(Alice)).Bodies(room.RoomId));
        Assert.NotNull((await one.Sync(Alice)).Room(neighbour.RoomId));
    }

    [Fact]
    public async Task A_host_that_falls_far_behind_reads_from_the_database()
    {
        var database = await SyncHost.NewDatabase();
        await using var one = await SyncHost.Start(database);
        await using var two = await SyncHost.Start(database);
        var room = new RoomLog().Created();
        await one.Take(room);
        var since = (await two.Sync(Alice)).Next;
        for (var i = 0; i < 6_000; i++)
            room.Message(Alice, $"{i}");
        await one.Take(room);
        await two.Live.CatchUp(CancellationToken.None);

        var answer = await two.Sync(Alice, since, """{"room":{"timeline":{"limit":3}}}""");

        Assert.True(two.Live.Floor > 5_000);
        Assert.Equal(["5997", "5998", "5999"], answer.Bodies(room.RoomId));
        Assert.True(answer.Limited(room.RoomId));
    }

    [Fact]
    public async Task A_repeat_of_what_is_stored_is_refused_and_a_successor_goes_on_from_the_checkpoint()
    {
        var database = await SyncHost.NewDatabase();
        var room = new RoomLog().Created();
        room.Message(Alice, "one");
        await using (var killed = await SyncHost.Start(database))
            await killed.Take(room);
        var stored = room.Entries.Count;
        room.Message(Alice, "two");

        await using var successor = await SyncHost.Start(database);
        await Assert.ThrowsAsync<FencedException>(() => successor.Take(0, 0, [.. room.Entries.Take(stored)]));
        await successor.Take(room);

        Assert.Equal(["one", "two"], (await successor.Sync(Alice)).Bodies(room.RoomId));
    }

    [Fact]
    public async Task An_entry_that_cannot_be_stored_takes_nothing_with_it()
    {
        await using var host = await SyncHost.Start(await SyncHost.NewDatabase());
        var room = new RoomLog().Created();
        await host.Take(room);
        var head = (await host.Sync(Alice)).Position;
        room.Message(Alice, "good");
        room.Message(Alice, "poisoned");
        var entries = room.Entries.TakeLast(2).ToList();
        entries[1] = entries[1] with { Entry = entries[1].Entry with { Event = new Protocol.RawJson("{}"u8.ToArray()) } };
        var at = room.Entries[^3].Position;

        await Assert.ThrowsAsync<FormatException>(() => host.Take(0, at, entries));
        Assert.Equal(head, (await host.Sync(Alice)).Position);

        await host.Take(0, at, [entries[0]]);
        Assert.Equal(["good"], (await host.Sync(Alice)).Bodies(room.RoomId));
    }

    [Fact]
    public async Task A_cancelled_request_ends_at_once()
    {
        await using var host = await SyncHost.Start(await SyncHost.NewDatabase());
        await host.Take(new RoomLog().Created());
        var since = (await host.Sync(Alice)).Next;
        using var gone = new CancellationTokenSource();
        var waiting = host.Sync(Alice, since, timeout: 60_000, cancel: gone.Token);

        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task The_past_has_a_place_in_the_timeline_and_none_in_the_stream()
    {
        await using var host = await SyncHost.Start(await SyncHost.NewDatabase());
        var room = new RoomLog().Created();
        await host.Take(room);
        var since = (await host.Sync(Alice)).Next;
        room.Old("@far:away", "older");
        room.Old("@far:away", "oldest");
        await host.Take(room);

        Assert.Equal(since, (await host.Sync(Alice, since)).Next);
        Assert.Equal(["oldest", "older"], (await host.Sync(Alice)).Bodies(room.RoomId));
    }

    [Fact]
    public async Task A_copy_rebuilt_from_the_log_is_the_same()
    {
        await using var host = await SyncHost.Start(await SyncHost.NewDatabase());
        var room = new RoomLog().Created();
        room.Invite(Alice, "@bob:here");
        room.Join("@bob:here");
        var root = room.Message(Alice, "root");
        room.Message(Alice, "edit", new { rel_type = "m.replace", event_id = root });
        room.State(Alice, "m.room.topic", "", new { topic = "1" });
        room.StateBeside(Alice, "m.room.topic", "", new { topic = "2" }, "x");
        room.Leave("@bob:here");
        room.Redact(Alice, root);
        room.Forget("@bob:here");
        room.Old("@far:away", "old");
        var gone = new RoomLog("!gone:here", partition: 1).Created();
        gone.Purge();
        foreach (var batch in room.Entries.Chunk(3))
            await host.Take(batch);
        await host.Take(gone);
        var live = await Dump(host.Db);
        var token = (await host.Sync(Alice)).Next;

        await Rebuild.Run(host.Db, CancellationToken.None);
        // The running consumer finds its checkpoint gone.
        await Assert.ThrowsAsync<FencedException>(() => host.Take(0, room.Entries[^1].Position, []));
        await host.Take(room);
        await host.Take(gone);

        Assert.Equal(live, await Dump(host.Db));
        var answer = await host.Sync(Alice, token);
        Assert.True(answer.Position > Matrix.Bus.Sync.Domain.SyncToken.Parse(token).Position);
    }

    /// <summary>Every table, positions replaced by their order.</summary>
    static async Task<string> Dump(NpgsqlDataSource db)
    {
        const string Query = """
            WITH place AS (SELECT position, rank() OVER (ORDER BY position) AS at FROM
                (SELECT position FROM sync.event WHERE position IS NOT NULL UNION SELECT position FROM sync.state_delta
                 UNION SELECT redacted_position FROM sync.event UNION SELECT noticed_at FROM sync.membership UNION SELECT position FROM sync.item) p)
            SELECT 'event ' || e::text FROM (SELECT event_id, room_id, p.at, type, state_key, sender, sent_at, value, has_url, json, replaces_state, prev_content, redacted_because, q.at AS redacted
                FROM sync.event LEFT JOIN place p USING (position) LEFT JOIN place q ON q.position = redacted_position) e
            UNION ALL SELECT 'delta ' || d::text FROM (SELECT room_id, type, state_key, event_id, prev_event_id, value, at FROM sync.state_delta JOIN place USING (position)) d
            UNION ALL SELECT 'state ' || c::text FROM (SELECT room_id, type, state_key, event_id, value FROM sync.current_state) c
            UNION ALL SELECT 'member ' || m::text FROM (SELECT room_id, user_id, membership, event_id, p.at, stripped, forgotten, q.at AS noticed
                FROM sync.membership LEFT JOIN place p USING (position) LEFT JOIN place q ON q.position = noticed_at) m
            UNION ALL SELECT 'relation ' || r::text FROM (SELECT parent_id, child_id, rel_type FROM sync.relation) r
            UNION ALL SELECT 'item ' || i::text FROM (SELECT stream, room_id, user_id, key, body FROM sync.item) i
            UNION ALL SELECT 'room ' || r::text FROM (SELECT room_id, version, joined, invited FROM sync.room) r
            ORDER BY 1
            """;
        var rows = await Matrix.Bus.Sync.Storage.Sql.Rows(db, Query, row => row.GetString(0), CancellationToken.None);
        return string.Join("\n", rows);
    }
}
