using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.DependencyInjection;

namespace Matrix.Bus.RoomServer.Tests;

public sealed class SnapshotTests
{
    [Fact]
    public void Packing_and_unpacking_gives_the_same_delta() =>
        Prop.ForAll(Deltas(), delta => StateDelta.Unpack(StateDelta.Pack(delta)).SequenceEqual(delta)).QuickCheckThrowOnFailure();

    [Fact]
    public void A_difference_laid_over_its_origin_gives_its_end() =>
        Prop.ForAll(States(), States(), (from, to) =>
            StateDelta.Merge(from, StateDelta.Difference(from, to), keepRemovals: false).SequenceEqual(to)).QuickCheckThrowOnFailure();

    /// <summary>Thousands of changes, so that every level is folded several times, read back from the database at every step that
    /// matters and compared with a dictionary.</summary>
    [Theory]
    [InlineData(1, 40, 600)]
    [InlineData(2, 900, 2500)]
    public async Task Every_snapshot_is_the_state_it_was_taken_of(int seed, int keys, int changes)
    {
        await using var server = await RoomTestServer.Start();
        var snapshots = server.Services.GetRequiredService<Snapshots>();
        var random = new Random(seed);
        var nids = new NidBlock(server.Db);
        await nids.Ensure(changes * 4, CancellationToken.None);
        var rows = new StagedRows { Partition = 0, Epoch = 1 };
        var model = new SortedDictionary<(int, long), long>();
        var cursor = SnapshotCursor.Empty;
        var expected = new Dictionary<long, SlotEvent[]>();
        for (var i = 1; i <= changes; i++)
        {
            var slot = (random.Next(1, 4), (long)random.Next(1, keys));
            var value = random.Next(8) == 0 ? 0 : i;
            if (value == 0)
                model.Remove(slot);
            else
                model[slot] = value;
            if (random.Next(50) == 0)
                cursor = cursor.To([.. model.Select(each => new SlotEvent(each.Key.Item1, each.Key.Item2, each.Value))], 1, nids, rows);
            else
                cursor = cursor.Next(new SlotEvent(slot.Item1, slot.Item2, value), 1, nids, rows);
            if (i % 37 == 0 || i == changes)
                expected[cursor.Nid] = [.. model.Select(each => new SlotEvent(each.Key.Item1, each.Key.Item2, each.Value))];
        }
        Assert.All(rows.Snapshots, row => Assert.True(StateDelta.Unpack(row.Delta).Length <= SnapshotCursor.DeltaLimit));
        Assert.True(keys < 100 || rows.Level0.Count > 1);
        await new CommitColumns().Commit(server.Db, [rows], CancellationToken.None);

        foreach (var (nid, state) in expected)
        {
            Assert.Equal(state, await snapshots.State(nid, CancellationToken.None));
            var probe = new SlotEvent(random.Next(1, 4), random.Next(1, keys), 0);
            Assert.Equal(StateDelta.Find(state, probe.Type, probe.Key) ?? 0, await snapshots.Find(nid, probe.Type, probe.Key, CancellationToken.None));
        }
    }

    static Arbitrary<SlotEvent[]> Deltas() => Gen.Choose(0, 1000).Select(i => (long)i).Three().ListOf().Select(slots => slots
        .Select(slot => new SlotEvent((int)slot.Item1, slot.Item2 * 1_000_003, slot.Item3 << 20)).DistinctBy(slot => (slot.Type, slot.Key)).Order().ToArray()).ToArbitrary();

    static Arbitrary<SlotEvent[]> States() => Gen.Choose(1, 6).Select(i => (long)i).Three().ListOf().Select(slots => slots
        .Select(slot => new SlotEvent((int)slot.Item1, slot.Item2, slot.Item3)).DistinctBy(slot => (slot.Type, slot.Key)).Order().ToArray()).ToArbitrary();
}
