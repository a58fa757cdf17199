using Matrix.Bus.Sync.Domain;
using Npgsql;

namespace Matrix.Bus.Sync.Storage;

/// <summary>Which of the events that relate to another are wanted.</summary>
/// <param name="RelType">Of one relationship alone; null for any.</param>
/// <param name="EventType">Of one event type alone; null for any.</param>
/// <param name="Recurse">True to include what relates to those, and so on.</param>
sealed record WantedRelations(string? RelType, string? EventType, bool Recurse);

/// <summary>A thread of a room: its root, and where its newest event is.</summary>
sealed record ThreadRoot(SyncEvent Root, long Latest);

/// <summary>Pages of what relates to an event, and of a room's threads, as one viewer sees them.</summary>
sealed class Relations([FromKeyedSyncDatabase] NpgsqlDataSource db)
{
    /// <summary>How far relations of relations are followed: the spec asks for three at least.</summary>
    public const int MaxDepth = 4;

    static readonly string Backwards = Children("DESC");
    static readonly string Forwards = Children("ASC");

    const string ThreadsSql = $"""
        SELECT t.latest, {EventColumns.Sql}
        FROM (
            SELECT c.parent_id, max(c.position) AS latest, bool_or(c.sender = $4) AS participated
            FROM sync.relation c
            WHERE c.room_id = $1 AND c.rel_type = 'm.thread' AND NOT c.sender = ANY ($5)
                AND EXISTS (SELECT 1 FROM unnest($2, $3) AS u (after, up_to) WHERE c.position > u.after AND c.position <= u.up_to)
            GROUP BY c.parent_id) t
        JOIN sync.event e ON e.event_id = t.parent_id AND e.room_id = $1 {EventColumns.Join}
        WHERE t.latest <= $6 AND (NOT $7 OR t.participated OR e.sender = $4)
            AND EXISTS (SELECT 1 FROM unnest($2, $3) AS u (after, up_to) WHERE e.position > u.after AND e.position <= u.up_to)
        ORDER BY t.latest DESC LIMIT $8
        """;

    /// <summary>Events after one position, up to another, that relate to an event of the room.</summary>
    public async Task<List<SyncEvent>> Of(
        RoomAccess access, string parentId, WantedRelations wanted, long after, long upTo, bool backwards, int limit, CancellationToken cancel)
    {
        var parts = access.Readable(after, upTo);
        if (parts.Count == 0)
            return [];
        var rows = await Sql.Rows(db, backwards ? Backwards : Forwards, row => EventColumns.Read(row), cancel,
            access.RoomId.Value, parentId, parts.Select(part => part.After).ToArray(), parts.Select(part => part.UpTo).ToArray(),
            wanted.Recurse ? MaxDepth : 1, wanted.RelType, wanted.EventType, access.Ignored.ToArray(), limit);
        return rows.FindAll(access.CanSee);
    }

    /// <summary>The threads whose newest event lies at or before a position, the newest first.</summary>
    public async Task<List<ThreadRoot>> Threads(RoomAccess access, bool participated, long upTo, int limit, CancellationToken cancel)
    {
        var parts = access.Readable(long.MinValue, access.Head);
        if (parts.Count == 0)
            return [];
        var rows = await Sql.Rows(db, ThreadsSql, row => new ThreadRoot(EventColumns.Read(row, 1), row.GetInt64(0)), cancel,
            access.RoomId.Value, parts.Select(part => part.After).ToArray(), parts.Select(part => part.UpTo).ToArray(),
            access.Viewer.Value, access.Ignored.ToArray(), upTo, participated, limit);
        return rows.FindAll(thread => access.CanSee(thread.Root));
    }

    static string Children(string order) => $"""
        WITH RECURSIVE related AS (
            SELECT c.child_id, c.rel_type, 1 AS depth FROM sync.relation c WHERE c.parent_id = $2 AND c.room_id = $1
            UNION
            SELECT c.child_id, c.rel_type, r.depth + 1 FROM related r JOIN sync.relation c ON c.parent_id = r.child_id AND c.room_id = $1
            WHERE r.depth < $5),
        wanted AS (SELECT DISTINCT child_id FROM related WHERE child_id <> $2 AND ($6::text IS NULL OR rel_type = $6))
        SELECT {EventColumns.Sql}
        FROM wanted w JOIN sync.event e ON e.event_id = w.child_id AND e.room_id = $1 {EventColumns.Join}
        WHERE ($7::text IS NULL OR e.type = $7) AND NOT e.sender = ANY ($8)
            AND EXISTS (SELECT 1 FROM unnest($3, $4) AS u (after, up_to) WHERE e.position > u.after AND e.position <= u.up_to)
        ORDER BY e.position {order} LIMIT $9
        """;
}
