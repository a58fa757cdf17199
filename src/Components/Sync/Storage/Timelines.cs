using Matrix.Bus.Sync.Domain;
using Npgsql;

namespace Matrix.Bus.Sync.Storage;

/// <summary>A stretch of a room: after one position, up to another.</summary>
readonly record struct Stretch(string RoomId, long After, long UpTo);

/// <summary>The newest events of stretches of rooms, all rooms at once.</summary>
sealed class Timelines([FromKeyedSyncDatabase] NpgsqlDataSource db)
{
    const string Query = $"""
        SELECT {EventColumns.Sql}
        FROM unnest($1, $2, $3) AS u (room_id, after, up_to)
        CROSS JOIN LATERAL (
            SELECT * FROM sync.event t
            WHERE t.room_id = u.room_id AND t.position > u.after AND t.position <= u.up_to
                AND ($5::text[] IS NULL OR t.type LIKE ANY ($5)) AND ($6::text[] IS NULL OR NOT t.type LIKE ANY ($6))
                AND ($7::text[] IS NULL OR t.sender = ANY ($7)) AND ($8::text[] IS NULL OR NOT t.sender = ANY ($8))
                AND ($9::boolean IS NULL OR t.has_url = $9)
            ORDER BY t.position DESC LIMIT $4) e
        {EventColumns.Join}
        ORDER BY e.room_id, e.position
        """;

    const string ChangedSql = "SELECT room_id FROM sync.room WHERE room_id = ANY ($1) AND last_position > $2";

    /// <summary>For each room up to <paramref name="limit"/> events that match the filter, oldest first.</summary>
    public async Task<Dictionary<string, List<SyncEvent>>> Newest(IReadOnlyCollection<Stretch> stretches, EventFilter filter, int limit, CancellationToken cancel)
    {
        var found = stretches.ToDictionary(stretch => stretch.RoomId, _ => new List<SyncEvent>());
        if (stretches.Count == 0)
            return found;
        var rows = await Sql.Rows(db, Query, row => EventColumns.Read(row), cancel,
            stretches.Select(s => s.RoomId).ToArray(), stretches.Select(s => s.After).ToArray(), stretches.Select(s => s.UpTo).ToArray(), limit,
            filter.LikeTypes, filter.LikeNotTypes, filter.Senders?.ToArray(), filter.NotSenders?.ToArray(), filter.ContainsUrl);
        foreach (var row in rows)
            found[row.RoomId].Add(row);
        return found;
    }

    /// <summary>Those of the rooms in which something happened after a position.</summary>
    public async Task<HashSet<string>> Changed(IReadOnlyCollection<string> rooms, long after, CancellationToken cancel) =>
        rooms.Count == 0 ? [] : [.. await Sql.Rows(db, ChangedSql, row => row.GetString(0), cancel, rooms.ToArray(), after)];
}
