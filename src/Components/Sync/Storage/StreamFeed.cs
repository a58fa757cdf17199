using Matrix.Bus.Protocol;
using Matrix.Bus.Sync.Domain;
using Matrix.Bus.Sync.Live;
using Npgsql;

namespace Matrix.Bus.Sync.Storage;

/// <summary>Reads the stream as any host committed it.</summary>
/// <remarks>Commit order is position order: once a position is seen, all up to it is there. What was superseded since (an item, a
/// notice) is told by its successor.</remarks>
sealed class StreamFeed([FromKeyedSyncDatabase] NpgsqlDataSource db)
{
    const string NewestSql = "SELECT position, generation FROM sync.stream";

    const string EventsSql = $"""
        SELECT {EventColumns.Sql}, c.parent_id, c.rel_type
        FROM sync.event e {EventColumns.Join}
        LEFT JOIN LATERAL (SELECT parent_id, rel_type FROM sync.relation c WHERE c.child_id = e.event_id LIMIT 1) c ON true
        WHERE e.position > $1 AND e.position <= $2 ORDER BY e.position
        """;

    const string DeltasSql = $"""
        SELECT d.position, d.room_id, d.type, d.state_key, d.event_id, {EventColumns.Sql}
        FROM sync.state_delta d LEFT JOIN sync.event e ON e.event_id = d.event_id {EventColumns.Join}
        WHERE d.position > $1 AND d.position <= $2
        """;

    const string NoticesSql = """
        SELECT m.noticed_at, m.room_id, m.user_id, m.membership, m.stripped, m.forgotten, e.sender
        FROM sync.membership m LEFT JOIN sync.event e ON e.event_id = m.event_id
        WHERE m.noticed_at > $1 AND m.noticed_at <= $2
        """;

    const string RedactedSql = $"""
        SELECT e.redacted_position, {EventColumns.Sql} FROM sync.event e {EventColumns.Join}
        WHERE e.redacted_position > $1 AND e.redacted_position <= $2
        """;

    const string ItemsSql = "SELECT position, stream, room_id, user_id, key, body FROM sync.item WHERE position > $1 AND position <= $2";

    const string ViewSql = """
        SELECT s.position, m.room_id, m.membership, m.position, m.stripped, m.forgotten, e.sender
        FROM sync.stream s LEFT JOIN sync.membership m ON m.user_id = $1 LEFT JOIN sync.event e ON e.event_id = m.event_id AND m.membership IN (1, 5)
        """;

    const string IgnoredSql = "SELECT body FROM sync.item WHERE stream = 1 AND room_id = '' AND user_id = $1 AND key = 'm.ignored_user_list'";

    /// <summary>The newest committed position and the generation.</summary>
    public async Task<(long Position, int Generation)> Newest(CancellationToken cancel)
    {
        var rows = await Sql.Rows(db, NewestSql, row => (row.GetInt64(0), row.GetInt32(1)), cancel);
        return rows[0];
    }

    /// <summary>What lies after one position up to another, which is committed.</summary>
    public async Task<IReadOnlyList<StreamEntry>> Read(long after, long upTo, CancellationToken cancel)
    {
        await using var batch = db.CreateBatch();
        foreach (var sql in (string[])[EventsSql, DeltasSql, NoticesSql, RedactedSql, ItemsSql])
            batch.BatchCommands.Add(Sql.Command(sql, after, upTo));
        await using var reader = await batch.ExecuteReaderAsync(cancel);

        var events = new Dictionary<long, SyncEvent>();
        while (await reader.ReadAsync(cancel))
        {
            var read = EventColumns.Read(reader);
            if (!reader.IsDBNull(EventColumns.Count))
                read = read with { Relates = new Relation(reader.GetString(EventColumns.Count), reader.GetString(EventColumns.Count + 1)) };
            events[read.Position!.Value] = read;
        }

        await reader.NextResultAsync(cancel);
        var deltas = new Dictionary<long, (string Room, List<StateDelta> Deltas)>();
        while (await reader.ReadAsync(cancel))
        {
            var position = reader.GetInt64(0);
            if (!deltas.TryGetValue(position, out var at))
                deltas[position] = at = (reader.GetString(1), []);
            var eventId = reader.IsDBNull(4) ? null : reader.GetString(4);
            var isOwn = events.TryGetValue(position, out var own) && own.EventId == eventId;
            at.Deltas.Add(new StateDelta(reader.GetString(2), reader.GetString(3), eventId, isOwn ? own : reader.IsDBNull(5) ? null : EventColumns.Read(reader, 5), isOwn));
        }

        var changes = new SortedDictionary<long, Change>();
        foreach (var (position, timeline) in events)
        {
            changes[position] = new Change
            {
                RoomId = timeline.RoomId,
                Event = timeline,
                Deltas = deltas.Remove(position, out var own) ? own.Deltas : [],
            };
        }
        foreach (var (position, (room, changed)) in deltas)
            changes[position] = new Change { RoomId = room, Deltas = changed };

        await reader.NextResultAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            var membership = (Membership)reader.GetInt16(3);
            var kind = membership is Membership.Invite or Membership.Knock ? NoticeKind.Pending
                : reader.GetBoolean(5) ? NoticeKind.Forgotten : NoticeKind.Ended;
            var notice = new Notice(kind, reader.GetString(2), membership, reader.IsDBNull(4) ? null : reader.GetFieldValue<byte[]>(4), reader.IsDBNull(6) ? null : reader.GetString(6));
            changes[reader.GetInt64(0)] = new Change { RoomId = reader.GetString(1), Notice = notice };
        }

        await reader.NextResultAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            var redacted = EventColumns.Read(reader, 1);
            changes.TryAdd(reader.GetInt64(0), new Change { RoomId = redacted.RoomId, Redacted = redacted });
        }

        await reader.NextResultAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            var item = new Item((ItemStream)reader.GetInt16(1), reader.GetString(2), reader.GetString(3), reader.GetString(4), reader.GetFieldValue<byte[]>(5));
            changes[reader.GetInt64(0)] = new Change { RoomId = item.RoomId.Length > 0 ? item.RoomId : null, Item = item, IsPurge = item.Stream == ItemStream.Purge };
        }
        return [.. changes.Select(change => new StreamEntry(change.Key, change.Value))];
    }

    /// <summary>All rooms of a user as of one position.</summary>
    public async Task<UserView> View(UserId userId, CancellationToken cancel)
    {
        var rows = await Sql.Rows(db, ViewSql, row => (Position: row.GetInt64(0), Room: row.IsDBNull(1) ? null : new UserRoom
        {
            RoomId = row.GetString(1),
            Membership = (Membership)row.GetInt16(2),
            Position = row.GetInt64(3),
            Stripped = row.IsDBNull(4) ? null : row.GetFieldValue<byte[]>(4),
            Forgotten = row.GetBoolean(5),
            Inviter = row.IsDBNull(6) ? null : row.GetString(6),
        }), cancel, userId.Value);
        var ignored = await Sql.Rows(db, IgnoredSql, row => row.GetFieldValue<byte[]>(0), cancel, userId.Value);

        var view = new UserView(userId.Value, rows[0].Position) { Ignored = ignored.Count > 0 ? IgnoredUsers.Read(ignored[0]) : [] };
        foreach (var (_, room) in rows)
        {
            if (room is not null)
                view.Rooms[room.RoomId] = room;
        }
        return view;
    }
}
