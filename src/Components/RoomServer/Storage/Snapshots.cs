using Matrix.Bus.Messages;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Matrix.Bus.RoomServer;

/// <summary>Reads state snapshots: at most three reads for a state, whatever its history.</summary>
sealed class Snapshots([FromKeyedServices(ComponentNames.RoomServer)] NpgsqlDataSource db)
{
    const string CursorSql = """
        SELECT s.l1_nid, s.delta, l1.l0_nid, l1.l0_count FROM rooms.snapshot s LEFT JOIN rooms.snapshot_l1 l1 USING (l1_nid) WHERE snapshot_nid = $1
        """;

    const string Level1Sql = "SELECT delta FROM rooms.snapshot_l1 WHERE l1_nid = $1";

    const string Level0Sql = "SELECT entries FROM rooms.snapshot_l0 WHERE l0_nid = $1 ORDER BY first_type, first_key";

    const string ChunkSql = """
        SELECT entries FROM rooms.snapshot_l0 WHERE l0_nid = $1 AND (first_type, first_key) <= ($2, $3)
        ORDER BY first_type DESC, first_key DESC LIMIT 1
        """;

    /// <summary>The whole state of a snapshot, sorted by slot; empty for number 0.</summary>
    public async Task<SlotEvent[]> State(long nid, CancellationToken cancel) => nid == 0 ? [] : await State(await Cursor(nid, cancel), cancel);

    /// <summary>The whole state of a cursor.</summary>
    public async Task<SlotEvent[]> State(SnapshotCursor cursor, CancellationToken cancel)
    {
        var whole = await WithLevel0(await WithLevel1(cursor, cancel), cancel);
        return StateDelta.Merge(StateDelta.Merge(whole.Level0!, whole.Level1!, keepRemovals: false), whole.Delta, keepRemovals: false);
    }

    /// <summary>The event in one slot of a snapshot; 0 for none.</summary>
    public async Task<long> Find(long nid, int type, long key, CancellationToken cancel)
    {
        if (nid == 0)
            return 0;
        var cursor = await Cursor(nid, cancel);
        if (StateDelta.Find(cursor.Delta, type, key) is { } topmost)
            return topmost;
        cursor = await WithLevel1(cursor, cancel);
        if (StateDelta.Find(cursor.Level1!, type, key) is { } middle)
            return middle;
        if (cursor.Level0Nid == 0)
            return 0;
        await using var command = db.CreateCommand(ChunkSql);
        command.Parameters.Add(Sql.Of(cursor.Level0Nid));
        command.Parameters.Add(Sql.Of(type));
        command.Parameters.Add(Sql.Of(key));
        return await command.ExecuteScalarAsync(cancel) is byte[] chunk ? StateDelta.Find(StateDelta.Unpack(chunk), type, key) ?? 0 : 0;
    }

    /// <summary>The cursor with level 1 in memory.</summary>
    public async Task<SnapshotCursor> WithLevel1(SnapshotCursor cursor, CancellationToken cancel)
    {
        if (cursor.Level1 is not null)
            return cursor;
        await using var command = db.CreateCommand(Level1Sql);
        command.Parameters.Add(Sql.Of(cursor.Level1Nid));
        return cursor with { Level1 = StateDelta.Unpack((byte[])(await command.ExecuteScalarAsync(cancel))!) };
    }

    /// <summary>The cursor with the full state in memory.</summary>
    public async Task<SnapshotCursor> WithLevel0(SnapshotCursor cursor, CancellationToken cancel)
    {
        if (cursor.Level0 is not null)
            return cursor;
        await using var command = db.CreateCommand(Level0Sql);
        command.Parameters.Add(Sql.Of(cursor.Level0Nid));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var slots = new List<SlotEvent>(cursor.Level0Count);
        while (await reader.ReadAsync(cancel))
            slots.AddRange(StateDelta.Unpack(reader.GetFieldValue<byte[]>(0)));
        return cursor with { Level0 = [.. slots] };
    }

    /// <summary>The cursor of a stored snapshot.</summary>
    public async Task<SnapshotCursor> Cursor(long nid, CancellationToken cancel)
    {
        await using var command = db.CreateCommand(CursorSql);
        command.Parameters.Add(Sql.Of(nid));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        if (!await reader.ReadAsync(cancel))
            throw new InvalidOperationException($"There is no snapshot {nid}.");
        var level1 = reader.GetInt64(0);
        var level0 = reader.IsDBNull(2) ? 0 : reader.GetInt64(2);
        return new SnapshotCursor
        {
            Nid = nid,
            Delta = StateDelta.Unpack(reader.GetFieldValue<byte[]>(1)),
            Level1Nid = level1,
            Level1 = level1 == 0 ? [] : null,
            Level0Nid = level0,
            Level0Count = reader.IsDBNull(3) ? 0 : reader.GetInt32(3),
            Level0 = level0 == 0 ? [] : null,
        };
    }
}
