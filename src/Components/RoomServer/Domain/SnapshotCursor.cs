namespace Matrix.Bus.RoomServer;

/// <summary>
/// Where the current state of a room stands in its snapshots: a delta over a cumulative delta of level 1 over a full state of
/// level 0. Immutable; a change of state is a new cursor, a message shares the one before it.
/// </summary>
/// <remarks>A delta is folded into level 1 when it grows past <see cref="DeltaLimit"/>, level 1 into level 0 when it grows past
/// a limit that rises with the square root of the state: both kinds of cost, rewriting and carrying along, then stay even.</remarks>
sealed record SnapshotCursor
{
    /// <summary>How many slots the topmost delta may name.</summary>
    public const int DeltaLimit = 64;

    const int MinLevel1Limit = 256;

    /// <summary>The empty state: number 0.</summary>
    public static SnapshotCursor Empty { get; } = new();

    /// <summary>The snapshot's number.</summary>
    public long Nid { get; init; }

    /// <summary>Its delta.</summary>
    public SlotEvent[] Delta { get; init; } = [];

    /// <summary>The number of the level below; 0 for none.</summary>
    public long Level1Nid { get; init; }

    /// <summary>The cumulative delta of level 1; null while it is not in memory.</summary>
    public SlotEvent[]? Level1 { get; init; } = [];

    /// <summary>The number of the full state below; 0 for none.</summary>
    public long Level0Nid { get; init; }

    /// <summary>How many slots the full state has.</summary>
    public int Level0Count { get; init; }

    /// <summary>The full state; null while it is not in memory.</summary>
    public SlotEvent[]? Level0 { get; init; } = [];

    /// <summary>How many slots level 1 may name over a full state of that many.</summary>
    public static int Level1Limit(int level0Count) => Math.Max(MinLevel1Limit, (int)Math.Sqrt(2.0 * DeltaLimit * level0Count));

    /// <summary>Whether that many more changes may need level 1 in memory.</summary>
    public bool NeedsLevel1(int changes) => Level1 is null && Delta.Length + changes > DeltaLimit;

    /// <summary>Whether that many more changes may need the full state in memory; ask when level 1 is there.</summary>
    public bool NeedsLevel0(int changes) =>
        Level0 is null && Level1 is { } level1 && level1.Length + Delta.Length + changes > Level1Limit(Level0Count);

    /// <summary>The state after one change, and what must be stored for it.</summary>
    public SnapshotCursor Next(SlotEvent change, long room, NidBlock nids, StagedRows rows)
    {
        var delta = StateDelta.With(Delta, change);
        var next = delta.Length <= DeltaLimit
            ? this with { Nid = nids.Next(), Delta = delta }
            : Fold(delta, room, nids, rows);
        rows.Snapshots.Add(new SnapshotRow(next.Nid, room, next.Level1Nid, StateDelta.Pack(next.Delta)));
        return next;
    }

    /// <summary>The snapshot of any state of the room, near this one or not.</summary>
    /// <param name="state">The whole state, sorted by slot.</param>
    /// <param name="room">The room.</param>
    /// <param name="nids">Numbers.</param>
    /// <param name="rows">What must be stored.</param>
    public SnapshotCursor To(SlotEvent[] state, long room, NidBlock nids, StagedRows rows)
    {
        var level1 = Level1 ?? throw new InvalidOperationException("Level 1 must be in memory.");
        var level0 = Level0 ?? throw new InvalidOperationException("Level 0 must be in memory.");
        var delta = StateDelta.Difference(StateDelta.Merge(level0, level1, keepRemovals: false), state);
        var next = delta.Length <= DeltaLimit
            ? this with { Nid = nids.Next(), Delta = delta }
            : Fold(delta, room, nids, rows);
        rows.Snapshots.Add(new SnapshotRow(next.Nid, room, next.Level1Nid, StateDelta.Pack(next.Delta)));
        return next;
    }

    SnapshotCursor Fold(SlotEvent[] delta, long room, NidBlock nids, StagedRows rows)
    {
        var cumulative = StateDelta.Merge(Level1 ?? throw new InvalidOperationException("Level 1 must be in memory."), delta, keepRemovals: true);
        if (cumulative.Length <= Level1Limit(Level0Count))
        {
            var over = this with { Nid = nids.Next(), Level1Nid = nids.Next(), Level1 = cumulative, Delta = [] };
            rows.Level1.Add(new Level1Row(over.Level1Nid, room, Level0Nid, Level0Count, StateDelta.Pack(cumulative)));
            return over;
        }

        var full = StateDelta.Merge(Level0 ?? throw new InvalidOperationException("Level 0 must be in memory."), cumulative, keepRemovals: false);
        var level0 = nids.Next();
        foreach (var chunk in full.Chunk(Level0Row.Slots))
            rows.Level0.Add(new Level0Row(level0, chunk[0].Type, chunk[0].Key, room, StateDelta.Pack(chunk)));
        var fresh = new SnapshotCursor { Nid = nids.Next(), Level1Nid = nids.Next(), Level0Nid = level0, Level0Count = full.Length, Level0 = full };
        rows.Level1.Add(new Level1Row(fresh.Level1Nid, room, level0, full.Length, []));
        return fresh;
    }
}
