using Matrix.Bus.Sync.Domain;
using Npgsql;

namespace Matrix.Bus.Sync.Storage;

/// <summary>State of several rooms at positions, by type; and when something worth noticing last happened in them.</summary>
sealed class SlidingState([FromKeyedSyncDatabase] NpgsqlDataSource db)
{
    const string AtSql = $"""
        WITH target AS (SELECT * FROM unnest($1, $2) AS t (room_id, at)),
        undone AS (
            SELECT DISTINCT ON (d.room_id, d.type, d.state_key) d.room_id, d.type, d.state_key, d.prev_event_id
            FROM target t JOIN sync.state_delta d ON d.room_id = t.room_id AND d.position > t.at AND d.type = ANY ($3)
            ORDER BY d.room_id, d.type, d.state_key, d.position),
        stood AS (
            SELECT c.event_id FROM target t JOIN sync.current_state c ON c.room_id = t.room_id AND c.type = ANY ($3)
            WHERE NOT EXISTS (SELECT 1 FROM undone u WHERE u.room_id = c.room_id AND u.type = c.type AND u.state_key = c.state_key)
            UNION ALL
            SELECT u.prev_event_id FROM undone u WHERE u.prev_event_id IS NOT NULL)
        SELECT {EventColumns.Sql} FROM stood s JOIN sync.event e ON e.event_id = s.event_id {EventColumns.Join}
        """;

    // A room whose last activity is further back than this counts from there.
    const string BumpsSql = """
        SELECT u.room_id, coalesce(max(b.position) FILTER (WHERE b.type IN ('m.room.create', 'm.room.message', 'm.room.encrypted', 'm.sticker', 'm.call.invite',
            'm.poll.start', 'org.matrix.msc3381.poll.start', 'm.beacon_info', 'org.matrix.msc3672.beacon_info')), min(b.position))
        FROM unnest($1, $2) AS u (room_id, at)
        CROSS JOIN LATERAL (
            SELECT e.position, e.type FROM sync.event e WHERE e.room_id = u.room_id AND e.position <= u.at AND e.position > 0 ORDER BY e.position DESC LIMIT 200) b
        GROUP BY u.room_id
        """;

    /// <summary>The state of rooms after positions, of some types alone.</summary>
    public async Task<ILookup<string, SyncEvent>> At(IReadOnlyCollection<(string RoomId, long At)> rooms, IReadOnlyCollection<string> types, CancellationToken cancel)
    {
        var rows = rooms.Count == 0 || types.Count == 0 ? [] : await Sql.Rows(db, AtSql, row => EventColumns.Read(row), cancel,
            rooms.Select(room => room.RoomId).ToArray(), rooms.Select(room => room.At).ToArray(), types.ToArray());
        return rows.ToLookup(row => row.RoomId);
    }

    /// <summary>The stamp that clients sort rooms by: the position of the newest event that people care about.</summary>
    public async Task<Dictionary<string, long>> Bumps(IReadOnlyCollection<(string RoomId, long At)> rooms, CancellationToken cancel)
    {
        var rows = rooms.Count == 0 ? [] : await Sql.Rows(db, BumpsSql, row => (row.GetString(0), row.GetInt64(1)), cancel,
            rooms.Select(room => room.RoomId).ToArray(), rooms.Select(room => room.At).ToArray());
        return rows.ToDictionary();
    }
}
