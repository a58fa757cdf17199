using Matrix.Bus.Foundation;
using Matrix.Bus.Harness;
using Matrix.Bus.Messages;
using Matrix.Bus.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Matrix.Bus.Components.Tests.Bus;

/// <summary>What calls, partitions, logs and broadcasts promise, in both shapes.</summary>
public sealed class BusTests
{
    static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory, InlineData(BusShape.One), InlineData(BusShape.Split)]
    public async Task A_call_is_answered_and_a_refusal_is_the_same_on_both_roads(BusShape shape)
    {
        await using var hosts = await BusHosts.Create(shape);
        var (_, reader) = await hosts.StartBoth();
        var calls = reader.Services.GetRequiredService<ICalls>();

        Assert.Equal("häl\"lo 🦊", (await calls.Ask(new QueryEcho { Text = "häl\"lo 🦊" }, Cancel)).Text);

        var refused = await Assert.ThrowsAsync<RefusedException>(() => calls.Ask(new QueryEcho { Text = "refuse" }, Cancel));
        Assert.Equal(418, refused.Refusal.Status);
        Assert.Equal("M_TEAPOT", refused.Refusal.Errcode);
        Assert.Equal("9", refused.Refusal.Rule);
        Assert.Equal(1, refused.Refusal.Extra!.Value.Parse().GetProperty("handle").GetInt32());
    }

    [Theory, InlineData(BusShape.One), InlineData(BusShape.Split)]
    public async Task A_call_that_nobody_answers_in_time_is_refused_with_504(BusShape shape)
    {
        await using var hosts = await BusHosts.Create(shape);
        var (_, reader) = await hosts.StartBoth();
        var refused = await Assert.ThrowsAsync<RefusedException>(() => reader.Services.GetRequiredService<ICalls>().Ask(new QueryEcho { Text = "hang" }, Cancel));
        Assert.Equal(504, refused.Refusal.Status);
    }

    [Theory, InlineData(BusShape.One), InlineData(BusShape.Split)]
    public async Task Every_line_reaches_the_log_once_and_in_order(BusShape shape)
    {
        await using var hosts = await BusHosts.Create(shape);
        var (_, reader) = await hosts.StartBoth();
        var rooms = Rooms(10);
        await WriteAll(reader, rooms, from: 0, count: 30);
        await AllCollected(hosts, rooms, 30);
    }

    [Theory, InlineData(BusShape.One), InlineData(BusShape.Split)]
    public async Task Announcements_that_are_lost_are_read_from_the_log(BusShape shape)
    {
        await using var hosts = await BusHosts.Create(shape);
        var (writer, reader) = await hosts.StartBoth();
        var rooms = Rooms(4);
        await WriteAll(reader, rooms, from: 0, count: 5);
        writer.Services.GetRequiredService<Faults>().LoseAnnouncements = true;
        await WriteAll(reader, rooms, from: 5, count: 5);
        writer.Services.GetRequiredService<Faults>().LoseAnnouncements = false;
        await WriteAll(reader, rooms, from: 10, count: 5);
        await AllCollected(hosts, rooms, 15);
    }

    [Theory, InlineData(BusShape.One), InlineData(BusShape.Split)]
    public async Task A_consumer_that_was_away_catches_up(BusShape shape)
    {
        await using var hosts = await BusHosts.Create(shape);
        var writer = await hosts.Start("writer", BusHosts.Component<Notebook>);
        var rooms = Rooms(4);
        await WriteAll(writer, rooms, from: 0, count: 10);
        if (shape == BusShape.One)
        {
            await hosts.Stop(writer);
            await hosts.StartBoth();
        }
        else
        {
            await hosts.Start("reader", BusHosts.Component<Reader>);
        }
        await AllCollected(hosts, rooms, 10);
    }

    [Theory, InlineData(BusShape.One), InlineData(BusShape.Split)]
    public async Task A_poisoned_entry_is_parked_and_holds_up_only_its_own_room(BusShape shape)
    {
        await using var hosts = await BusHosts.Create(shape);
        var (_, reader) = await hosts.StartBoth();
        var (sick, well) = (RoomId.Parse("!sick:test"), Sibling(RoomId.Parse("!sick:test")));
        await Write(reader, sick, "0");
        await Write(reader, sick, "poison");
        await Write(reader, well, "0");
        await Write(reader, sick, "2");
        await Write(reader, well, "1");

        await Wait.Until(async () => (await hosts.Collected(well)).Count == 2, Soon, Cancel);
        Assert.Equal(["0"], await hosts.Collected(sick));
        await Wait.Until(async () => await hosts.Scalar<long>("SELECT count(*) FROM foundation.parked_entry") == 2, Soon, Cancel);
        Assert.Contains("cannot be read", await hosts.Scalar<string>("SELECT cause FROM foundation.parked_entry WHERE cause IS NOT NULL"), StringComparison.Ordinal);
    }

    [Theory, InlineData(BusShape.One), InlineData(BusShape.Split)]
    public async Task An_owner_that_is_fenced_off_but_holds_the_lock_goes_on(BusShape shape)
    {
        await using var hosts = await BusHosts.Create(shape);
        var (_, reader) = await hosts.StartBoth();
        var rooms = Rooms(6);
        await WriteAll(reader, rooms, from: 0, count: 2);
        // As a predecessor's last commit would, arriving late.
        await hosts.Scalar<long>("WITH moved AS (UPDATE notebook.fence SET position = position + 1 RETURNING 1) SELECT count(*) FROM moved");
        await WriteAll(reader, rooms, from: 2, count: 2);
        await AllCollected(hosts, rooms, 4);
    }

    [Theory, InlineData(BusShape.One), InlineData(BusShape.Split)]
    public async Task A_broadcast_is_heard_on_every_host(BusShape shape)
    {
        await using var hosts = await BusHosts.Create(shape);
        var (writer, reader) = await hosts.StartBoth();
        // A host's temporary queue may be bound a moment after it started.
        await Wait.Until(
            () =>
            {
                writer.Services.GetRequiredService<IBroadcasts>().Tell(new LampLit { Colour = "green" });
                return reader.Services.GetRequiredService<Lamps>().Colours.Contains("green");
            },
            Soon,
            Cancel);
    }

    [Fact]
    public async Task Two_hosts_share_the_partitions_and_handing_them_over_loses_nothing()
    {
        await using var hosts = await BusHosts.Create(BusShape.Split);
        var first = await hosts.Start("first", BusHosts.Component<Notebook>);
        var reader = await hosts.Start("reader", BusHosts.Component<Reader>);
        var rooms = Rooms(24);
        await WriteAll(reader, rooms, from: 0, count: 3);

        await hosts.Start("second", BusHosts.Component<Notebook>);
        var next = 3;
        await Wait.Until(
            async () =>
            {
                var answered = await WriteAll(reader, rooms, next++, count: 1);
                return answered.Select(line => line.Host).Distinct().Count() == 2;
            },
            Soon,
            Cancel);
        await hosts.Stop(first);
        var last = await WriteAll(reader, rooms, next++, count: 1);
        Assert.All(last, line => Assert.Equal("second", line.Host));
        await AllCollected(hosts, rooms, next);
    }

    [Fact]
    public async Task A_topology_deployed_beforehand_is_the_one_that_hosts_use()
    {
        await using var hosts = await BusHosts.Create(BusShape.Split);
        var topology = await hosts.Deploy();
        var (_, reader) = await hosts.StartBoth();
        var rooms = Rooms(10);
        await WriteAll(reader, rooms, from: 0, count: 2);
        await AllCollected(hosts, rooms, 2);
        Assert.Equal(topology.Queues.Select(queue => queue.Name).Order(StringComparer.Ordinal), await hosts.LastingQueues());
    }

    [Fact]
    public async Task A_host_whose_session_is_cut_lets_go_and_loses_nothing()
    {
        await using var hosts = await BusHosts.Create(BusShape.Split);
        var (_, reader) = await hosts.StartBoth();
        var rooms = Rooms(6);
        await WriteAll(reader, rooms, from: 0, count: 5);
        await hosts.Scalar<long>("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name LIKE 'matrix-bus %' AND datname = current_database()");
        await WriteAll(reader, rooms, from: 5, count: 5);
        await AllCollected(hosts, rooms, 10);
    }

    static List<RoomId> Rooms(int count) => [.. Enumerable.Range(0, count).Select(n => RoomId.Parse($"!room{n}:test"))];

    /// <summary>Another room in the same partition.</summary>
    static RoomId Sibling(RoomId room) => Enumerable.Range(0, 1000).Select(n => RoomId.Parse($"!other{n}:test"))
        .First(other => Partition.Of(other.Value, BusHosts.Partitions) == Partition.Of(room.Value, BusHosts.Partitions));

    static Task<LineWritten> Write(IHost host, RoomId room, string text) =>
        host.Services.GetRequiredService<ICalls>().Ask(new WriteLine { RoomId = room, Text = text }, Cancel);

    /// <summary>Numbers written one after the other in each room, the rooms side by side.</summary>
    static async Task<IReadOnlyList<LineWritten>> WriteAll(IHost host, IReadOnlyList<RoomId> rooms, int from, int count)
    {
        var answers = await Task.WhenAll(rooms.Select(async room =>
        {
            var written = new List<LineWritten>();
            for (var n = from; n < from + count; n++)
                written.Add(await Write(host, room, $"{n}"));
            return written;
        }));
        return [.. answers.SelectMany(each => each)];
    }

    static async Task AllCollected(BusHosts hosts, IReadOnlyList<RoomId> rooms, int count)
    {
        var expected = Enumerable.Range(0, count).Select(n => $"{n}").ToList();
        foreach (var room in rooms)
        {
            await Wait.Until(async () => (await hosts.Collected(room)).Count >= count, Soon, Cancel);
            Assert.Equal(expected, await hosts.Collected(room));
        }
    }
}
