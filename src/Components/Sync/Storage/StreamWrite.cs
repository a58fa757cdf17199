using Matrix.Bus.Foundation;
using Matrix.Bus.Protocol;
using Matrix.Bus.Sync.Domain;
using Npgsql;

namespace Matrix.Bus.Sync.Storage;

/// <summary>Part of a log with its effects, to be committed with its checkpoint or not at all.</summary>
sealed record WriteUnit(string Log, int Partition, long After, long UpTo, IReadOnlyList<Change> Changes);

/// <summary>Where a commit ended up.</summary>
/// <param name="Before">The position before its first entry.</param>
/// <param name="Generation">Of the stream.</param>
/// <param name="Entries">What was committed, in order.</param>
sealed record Committed(long Before, int Generation, IReadOnlyList<StreamEntry> Entries);

/// <summary>Commits units of several partitions at once: one round trip, one transaction, one lock of the stream.</summary>
/// <remarks>Positions are not known before the stream's row is locked, so rows carry their distance from it.</remarks>
sealed class StreamWrite([FromKeyedSyncDatabase] NpgsqlDataSource db)
{
    const string AdvanceSql = "SELECT sync.advance($1, $2, $3, $4)";

    const string StreamSql = """
        UPDATE sync.stream SET position = position + $1, oldest = oldest - $2
        RETURNING position - $1, oldest + $2, generation
        """;

    const string RoomSql = """
        INSERT INTO sync.room (room_id, version, last_position)
        SELECT u.room_id, u.version, s.position FROM unnest($1, $2) AS u (room_id, version), sync.stream s
        ON CONFLICT (room_id) DO UPDATE SET last_position = EXCLUDED.last_position
        """;

    // State that was known without a place may take its place later; what has one keeps it.
    const string EventSql = """
        INSERT INTO sync.event AS e (event_id, room_id, position, type, state_key, sender, sent_at, value, has_url, json,
            replaces_state, prev_content, device_id, transaction_id)
        SELECT u.event_id, u.room_id,
            CASE WHEN u.at > 0 THEN s.position - $1 + u.at WHEN u.at < 0 THEN s.oldest + $2 + u.at END,
            u.type, u.state_key, u.sender, u.sent_at, u.value, u.has_url, u.json, u.replaces_state, u.prev_content, u.device_id, u.transaction_id
        FROM unnest($3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
            AS u (event_id, room_id, at, type, state_key, sender, sent_at, value, has_url, json, replaces_state, prev_content, device_id, transaction_id),
            sync.stream s
        ON CONFLICT (event_id) DO UPDATE SET position = EXCLUDED.position, device_id = EXCLUDED.device_id, transaction_id = EXCLUDED.transaction_id
        WHERE e.position IS NULL AND EXCLUDED.position IS NOT NULL
        """;

    const string DeltaSql = """
        INSERT INTO sync.state_delta (room_id, type, state_key, position, event_id, prev_event_id, value)
        SELECT u.room_id, u.type, u.state_key, s.position - $1 + u.at, u.event_id,
            CASE WHEN u.chained THEN u.prev ELSE (SELECT c.event_id FROM sync.current_state c
                WHERE c.room_id = u.room_id AND c.type = u.type AND c.state_key = u.state_key) END,
            CASE WHEN u.value > 0 OR u.event_id IS NULL THEN u.value ELSE coalesce((SELECT e.value FROM sync.event e WHERE e.event_id = u.event_id), 0) END
        FROM unnest($2, $3, $4, $5, $6, $7, $8, $9) AS u (room_id, type, state_key, at, event_id, chained, prev, value), sync.stream s
        """;

    const string CurrentSql = """
        INSERT INTO sync.current_state (room_id, type, state_key, event_id, value, position)
        SELECT u.room_id, u.type, u.state_key, u.event_id,
            CASE WHEN u.value > 0 THEN u.value ELSE coalesce((SELECT e.value FROM sync.event e WHERE e.event_id = u.event_id), 0) END,
            s.position - $1 + u.at
        FROM unnest($2, $3, $4, $5, $6, $7) AS u (room_id, type, state_key, at, event_id, value), sync.stream s
        ON CONFLICT (room_id, type, state_key) DO UPDATE
        SET event_id = EXCLUDED.event_id, value = EXCLUDED.value, position = EXCLUDED.position
        """;

    const string EmptiedSql = """
        DELETE FROM sync.current_state c USING unnest($1, $2, $3) AS u (room_id, type, state_key)
        WHERE c.room_id = u.room_id AND c.type = u.type AND c.state_key = u.state_key
        """;

    // Before the memberships themselves: what each user was is still there.
    const string CountSql = """
        UPDATE sync.room r SET joined = r.joined + d.joined, invited = r.invited + d.invited
        FROM (
            SELECT u.room_id,
                sum((u.membership = 2)::int - (coalesce(m.membership, 0) = 2)::int) AS joined,
                sum((u.membership = 1)::int - (coalesce(m.membership, 0) = 1)::int) AS invited
            FROM unnest($1, $2, $3) AS u (room_id, user_id, membership)
            LEFT JOIN sync.membership m ON m.room_id = u.room_id AND m.user_id = u.user_id
            GROUP BY u.room_id) d
        WHERE r.room_id = d.room_id AND (d.joined <> 0 OR d.invited <> 0)
        """;

    const string PatchSql = """
        UPDATE sync.membership m SET
            membership = CASE WHEN u.ended AND m.membership IN (1, 5) THEN 3 ELSE m.membership END,
            position = CASE WHEN u.ended AND m.membership IN (1, 5) THEN s.position - $1 + u.at ELSE m.position END,
            stripped = CASE WHEN u.ended THEN NULL ELSE m.stripped END,
            forgotten = m.forgotten OR u.forgotten,
            noticed_at = s.position - $1 + u.at
        FROM unnest($2, $3, $4, $5, $6) AS u (room_id, user_id, at, ended, forgotten), sync.stream s
        WHERE m.room_id = u.room_id AND m.user_id = u.user_id
        """;

    const string MemberSql = """
        INSERT INTO sync.membership AS m (room_id, user_id, membership, event_id, position, stripped, forgotten, noticed_at)
        SELECT u.room_id, u.user_id, u.membership, u.event_id, s.position - $1 + u.at, u.stripped, u.forgotten,
            CASE WHEN u.noticed > 0 THEN s.position - $1 + u.noticed END
        FROM unnest($2, $3, $4, $5, $6, $7, $8, $9) AS u (room_id, user_id, membership, event_id, at, stripped, forgotten, noticed), sync.stream s
        ON CONFLICT (user_id, room_id) DO UPDATE SET
            membership = EXCLUDED.membership, event_id = coalesce(EXCLUDED.event_id, m.event_id), position = EXCLUDED.position,
            stripped = CASE WHEN EXCLUDED.membership IN (1, 5) THEN coalesce(EXCLUDED.stripped, m.stripped) END,
            forgotten = EXCLUDED.forgotten, noticed_at = coalesce(EXCLUDED.noticed_at, m.noticed_at)
        """;

    const string RelationSql = """
        INSERT INTO sync.relation (parent_id, child_id, room_id, rel_type, type, sender, sent_at, position)
        SELECT u.parent_id, u.child_id, u.room_id, u.rel_type, u.type, u.sender, u.sent_at,
            CASE WHEN u.at > 0 THEN s.position - $1 + u.at ELSE s.oldest + $2 + u.at END
        FROM unnest($3, $4, $5, $6, $7, $8, $9, $10) AS u (parent_id, child_id, room_id, rel_type, type, sender, sent_at, at), sync.stream s
        ON CONFLICT DO NOTHING
        """;

    const string RedactSql = """
        UPDATE sync.event e SET json = u.json, has_url = false, redacted_because = u.because, redacted_position = s.position - $1 + u.at
        FROM unnest($2, $3, $4, $5) AS u (event_id, json, because, at), sync.stream s
        WHERE e.event_id = u.event_id
        """;

    // What was redacted must not be read from what replaced it, nor be counted as a relation.
    const string RedactElsewhereSql = "UPDATE sync.event SET prev_content = NULL WHERE replaces_state = ANY ($1)";
    const string RedactRelationSql = "DELETE FROM sync.relation WHERE child_id = ANY ($1)";

    const string ItemSql = """
        INSERT INTO sync.item (stream, room_id, user_id, key, position, body)
        SELECT u.stream, u.room_id, u.user_id, u.key, s.position - $1 + u.at, u.body
        FROM unnest($2, $3, $4, $5, $6, $7) AS u (stream, room_id, user_id, key, at, body), sync.stream s
        ON CONFLICT (stream, room_id, user_id, key) DO UPDATE SET position = EXCLUDED.position, body = EXCLUDED.body
        """;

    static readonly string[] PurgeSql =
    [
        "DELETE FROM sync.event WHERE room_id = ANY ($1)",
        "DELETE FROM sync.state_delta WHERE room_id = ANY ($1)",
        "DELETE FROM sync.current_state WHERE room_id = ANY ($1)",
        "DELETE FROM sync.relation WHERE room_id = ANY ($1)",
        "DELETE FROM sync.membership WHERE room_id = ANY ($1)",
        "DELETE FROM sync.item WHERE room_id = ANY ($1) AND stream <> 100",
        "DELETE FROM sync.room WHERE room_id = ANY ($1)",
    ];

    /// <summary>Commits the units. Atomic: the batch is one implicit transaction.</summary>
    /// <exception cref="FencedException">A checkpoint is not where its unit expects it: another host has taken over.</exception>
    public async Task<Committed> Commit(IReadOnlyList<WriteUnit> units, CancellationToken cancel)
    {
        var rows = new StreamRows(units);
        await using var batch = db.CreateBatch();
        Add(batch, AdvanceSql,
            units.Select(unit => unit.Log).ToArray(), units.Select(unit => unit.Partition).ToArray(),
            units.Select(unit => unit.After).ToArray(), units.Select(unit => unit.UpTo).ToArray());
        Add(batch, StreamSql, rows.Count, rows.PastCount);
        AddRows(batch, rows);
        try
        {
            await using var reader = await batch.ExecuteReaderAsync(cancel);
            await reader.NextResultAsync(cancel);
            await reader.ReadAsync(cancel);
            var before = reader.GetInt64(0);
            var generation = reader.GetInt32(2);
            // Reading on to the end is what raises a later statement's error.
            while (await reader.NextResultAsync(cancel))
            {
            }
            return new Committed(before, generation, [.. rows.Placed.Select((change, i) => new StreamEntry(before + i + 1, change))]);
        }
        catch (PostgresException fenced) when (fenced.SqlState == "MB001")
        {
            throw new FencedException($"Another host follows one of {string.Join(", ", units.Select(unit => $"{unit.Log}/{unit.Partition}"))}.");
        }
    }

    static void AddRows(NpgsqlBatch batch, StreamRows rows)
    {
        long n = rows.Count, past = rows.PastCount;
        if (rows.Rooms.Count > 0)
            Add(batch, RoomSql, rows.Rooms.Keys.ToArray(), rows.Rooms.Values.ToArray());

        if (rows.Events.Count > 0)
        {
            var events = rows.Events.Values;
            Add(batch, EventSql, n, past,
                Array(events, e => e.Event.EventId), Array(events, e => e.Event.RoomId), Array(events, e => e.At), Array(events, e => e.Event.Type),
                Array(events, e => e.Event.StateKey), Array(events, e => e.Event.Sender), Array(events, e => e.Event.SentAt),
                Array(events, e => e.Event.Value), Array(events, e => e.Event.HasUrl), Array(events, e => e.Event.Json),
                Array(events, e => e.Event.ReplacesState), Array(events, e => e.Event.PrevContent),
                Array(events, e => e.Event.DeviceId), Array(events, e => e.Event.TransactionId));
        }

        if (rows.Deltas.Count > 0)
        {
            var deltas = rows.Deltas;
            Add(batch, DeltaSql, n,
                Array(deltas, d => d.RoomId), Array(deltas, d => d.Delta.Type), Array(deltas, d => d.Delta.StateKey), Array(deltas, d => d.At),
                Array(deltas, d => d.Delta.EventId), Array(deltas, d => d.Chained), Array(deltas, d => d.Previous), Array(deltas, d => d.Delta.Value));
            var set = rows.Slots.Values.Where(d => d.Delta.EventId is not null).ToList();
            if (set.Count > 0)
            {
                Add(batch, CurrentSql, n,
                    Array(set, d => d.RoomId), Array(set, d => d.Delta.Type), Array(set, d => d.Delta.StateKey), Array(set, d => d.At),
                    Array(set, d => d.Delta.EventId), Array(set, d => d.Delta.Value));
            }
            var emptied = rows.Slots.Values.Where(d => d.Delta.EventId is null).ToList();
            if (emptied.Count > 0)
                Add(batch, EmptiedSql, Array(emptied, d => d.RoomId), Array(emptied, d => d.Delta.Type), Array(emptied, d => d.Delta.StateKey));
        }

        AddMembers(batch, rows, n);

        if (rows.Relations.Count > 0)
        {
            var relations = rows.Relations;
            Add(batch, RelationSql, n, past,
                Array(relations, r => r.Event.Relates!.ParentId), Array(relations, r => r.Event.EventId), Array(relations, r => r.Event.RoomId),
                Array(relations, r => r.Event.Relates!.RelType), Array(relations, r => r.Event.Type), Array(relations, r => r.Event.Sender),
                Array(relations, r => r.Event.SentAt), Array(relations, r => r.At));
        }

        if (rows.Redacted.Count > 0)
        {
            var redacted = rows.Redacted.Values;
            var ids = Array(redacted, r => r.Event.EventId);
            Add(batch, RedactSql, n, ids, Array(redacted, r => r.Event.Json), Array(redacted, r => r.Event.RedactedBecauseId), Array(redacted, r => r.At));
            Add(batch, RedactElsewhereSql, [ids]);
            Add(batch, RedactRelationSql, [ids]);
        }

        if (rows.Purged.Count > 0)
        {
            foreach (var sql in PurgeSql)
                Add(batch, sql, [rows.Purged.ToArray()]);
        }

        if (rows.Items.Count > 0)
        {
            var items = rows.Items.Values;
            Add(batch, ItemSql, n,
                Array(items, i => (short)i.Item.Stream), Array(items, i => i.Item.RoomId), Array(items, i => i.Item.UserId), Array(items, i => i.Item.Key),
                Array(items, i => i.At), Array(items, i => i.Item.Body));
        }
    }

    static void AddMembers(NpgsqlBatch batch, StreamRows rows, long n)
    {
        if (rows.Patches.Count > 0)
        {
            var patches = rows.Patches.Values;
            Add(batch, PatchSql, n,
                Array(patches, p => p.RoomId), Array(patches, p => p.UserId), Array(patches, p => p.At), Array(patches, p => p.Ended), Array(patches, p => p.Forgotten));
        }
        if (rows.Members.Count == 0)
            return;
        var members = rows.Members.Values;
        var rooms = Array(members, m => m.RoomId);
        var users = Array(members, m => m.UserId);
        var memberships = Array(members, m => (short)m.Membership);
        Add(batch, CountSql, rooms, users, memberships);
        Add(batch, MemberSql, n, rooms, users, memberships, Array(members, m => m.EventId), Array(members, m => m.At),
            Array(members, m => m.Stripped), Array(members, m => m.Forgotten), Array(members, m => m.NoticedAt));
    }

    static TValue[] Array<TRow, TValue>(IReadOnlyCollection<TRow> rows, Func<TRow, TValue> value)
    {
        var array = new TValue[rows.Count];
        var i = 0;
        foreach (var row in rows)
            array[i++] = value(row);
        return array;
    }

    static void Add(NpgsqlBatch batch, string sql, params object[] values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        batch.BatchCommands.Add(command);
    }
}
