using Matrix.Bus.Sync.Domain;
using Npgsql;

namespace Matrix.Bus.Sync.Storage;

/// <summary>The state of rooms at positions, and how it changed between positions: all rooms at once.</summary>
sealed class States([FromKeyedSyncDatabase] NpgsqlDataSource db)
{
    // Newest state, wound back over what changed since: the first change after the position says what stood before it.
    const string AtSql = $"""
        WITH target AS (SELECT * FROM unnest($1, $2) AS t (room_id, at)),
        undone AS (
            SELECT DISTINCT ON (d.room_id, d.type, d.state_key) d.room_id, d.type, d.state_key, d.prev_event_id
            FROM target t JOIN sync.state_delta d ON d.room_id = t.room_id AND d.position > t.at
            ORDER BY d.room_id, d.type, d.state_key, d.position),
        stood AS (
            SELECT c.event_id FROM target t JOIN sync.current_state c ON c.room_id = t.room_id
            WHERE ($3 OR c.type <> 'm.room.member')
                AND NOT EXISTS (SELECT 1 FROM undone u WHERE u.room_id = c.room_id AND u.type = c.type AND u.state_key = c.state_key)
            UNION ALL
            SELECT u.prev_event_id FROM undone u WHERE u.prev_event_id IS NOT NULL AND ($3 OR u.type <> 'm.room.member'))
        SELECT {EventColumns.Sql} FROM stood s JOIN sync.event e ON e.event_id = s.event_id {EventColumns.Join}
        """;

    const string ChangesSql = $"""
        SELECT c.room_id, {EventColumns.Sql}
        FROM (
            SELECT DISTINCT ON (d.room_id, d.type, d.state_key) d.room_id, d.event_id
            FROM unnest($1, $2, $3) AS u (room_id, after, up_to)
            JOIN sync.state_delta d ON d.room_id = u.room_id AND d.position > u.after AND d.position <= u.up_to
            ORDER BY d.room_id, d.type, d.state_key, d.position DESC) c
        JOIN sync.event e ON e.event_id = c.event_id {EventColumns.Join}
        """;

    const string MembersSql = $"""
        SELECT {EventColumns.Sql}
        FROM unnest($1, $2, $3) AS u (room_id, user_id, at)
        CROSS JOIN LATERAL (
            SELECT d.event_id FROM sync.state_delta d
            WHERE d.room_id = u.room_id AND d.type = 'm.room.member' AND d.state_key = u.user_id AND d.position <= u.at
            ORDER BY d.position DESC LIMIT 1) s
        JOIN sync.event e ON e.event_id = s.event_id {EventColumns.Join}
        """;

    /// <summary>The full state of each room after a position.</summary>
    /// <param name="rooms">Rooms and positions.</param>
    /// <param name="withMembers">False to leave out member events.</param>
    /// <param name="cancel">Cancels.</param>
    public async Task<ILookup<string, SyncEvent>> At(IReadOnlyCollection<(string RoomId, long At)> rooms, bool withMembers, CancellationToken cancel)
    {
        var rows = rooms.Count == 0 ? [] : await Sql.Rows(db, AtSql, row => EventColumns.Read(row), cancel,
            rooms.Select(room => room.RoomId).ToArray(), rooms.Select(room => room.At).ToArray(), withMembers);
        return rows.ToLookup(row => row.RoomId);
    }

    /// <summary>What stands at the end of each stretch in the slots that changed within it; emptied slots are left out.</summary>
    public async Task<ILookup<string, SyncEvent>> Changes(IReadOnlyCollection<Stretch> stretches, CancellationToken cancel)
    {
        var rows = stretches.Count == 0 ? [] : await Sql.Rows(db, ChangesSql, row => EventColumns.Read(row, 1), cancel,
            stretches.Select(s => s.RoomId).ToArray(), stretches.Select(s => s.After).ToArray(), stretches.Select(s => s.UpTo).ToArray());
        return rows.ToLookup(row => row.RoomId);
    }

    /// <summary>Member events as they stood at positions.</summary>
    public async Task<List<SyncEvent>> Members(IReadOnlyCollection<(string RoomId, string UserId, long At)> wanted, CancellationToken cancel) =>
        wanted.Count == 0 ? [] : await Sql.Rows(db, MembersSql, row => EventColumns.Read(row), cancel,
            wanted.Select(w => w.RoomId).ToArray(), wanted.Select(w => w.UserId).ToArray(), wanted.Select(w => w.At).ToArray());
}
