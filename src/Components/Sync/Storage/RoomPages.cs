using Matrix.Bus.Sync.Domain;
using Npgsql;

namespace Matrix.Bus.Sync.Storage;

/// <summary>Pages of one room's timeline as one viewer sees it, and its events one by one.</summary>
sealed class RoomPages([FromKeyedSyncDatabase] NpgsqlDataSource db)
{
    static readonly string Backwards = Page("DESC");
    static readonly string Forwards = Page("ASC");
    static readonly string Earlier = Closest("<=", "DESC");
    static readonly string Later = Closest(">=", "ASC");

    const string ByIdSql = $"SELECT {EventColumns.Sql} FROM sync.event e {EventColumns.Join} WHERE e.event_id = $1 AND e.room_id = $2";

    /// <summary>Events after one position, up to another: the newest first if <paramref name="backwards"/>, else the oldest first.</summary>
    public async Task<List<SyncEvent>> Read(RoomAccess access, long after, long upTo, bool backwards, EventFilter filter, int limit, CancellationToken cancel)
    {
        var found = new List<SyncEvent>();
        if (!filter.MatchesRoom(access.RoomId.Value))
            return found;
        while (found.Count < limit && access.Readable(after, upTo) is { Count: > 0 } parts)
        {
            var wanted = limit - found.Count;
            var rows = await Sql.Rows(db, backwards ? Backwards : Forwards, row => EventColumns.Read(row), cancel,
                access.RoomId.Value, After(parts), UpTo(parts), wanted,
                filter.LikeTypes, filter.LikeNotTypes, filter.Senders?.ToArray(), filter.NotSenders?.ToArray(), filter.ContainsUrl, access.Ignored.ToArray());
            found.AddRange(rows.Where(access.CanSee));
            if (rows.Count < wanted)
                break;
            // At a turn of the viewer's membership only some events may be seen: where one was not, another takes its place.
            (after, upTo) = backwards ? (after, rows[^1].Position!.Value - 1) : (rows[^1].Position!.Value, upTo);
        }
        return found;
    }

    /// <summary>One event of the room, if there is such an event and the viewer may see it.</summary>
    public async Task<SyncEvent?> ById(RoomAccess access, string eventId, CancellationToken cancel)
    {
        var rows = await Sql.Rows(db, ByIdSql, row => EventColumns.Read(row), cancel, EventForm.Storable(eventId), access.RoomId.Value);
        return rows.Find(access.CanSee);
    }

    /// <summary>The event the viewer may see whose own clock is closest to a time and not past it.</summary>
    public async Task<SyncEvent?> ByTime(RoomAccess access, long time, bool backwards, CancellationToken cancel)
    {
        var parts = access.Readable(long.MinValue, access.Head);
        if (parts.Count == 0)
            return null;
        var rows = await Sql.Rows(db, backwards ? Earlier : Later, row => EventColumns.Read(row), cancel, access.RoomId.Value, time, After(parts), UpTo(parts));
        return rows.Find(access.CanSee);
    }

    static long[] After(IReadOnlyList<RoomAccess.Part> parts) => [.. parts.Select(part => part.After)];

    static long[] UpTo(IReadOnlyList<RoomAccess.Part> parts) => [.. parts.Select(part => part.UpTo)];

    static string Page(string order) => $"""
        SELECT {EventColumns.Sql}
        FROM unnest($2, $3) AS u (after, up_to)
        CROSS JOIN LATERAL (
            SELECT * FROM sync.event t
            WHERE t.room_id = $1 AND t.position > u.after AND t.position <= u.up_to
                AND ($5::text[] IS NULL OR t.type LIKE ANY ($5)) AND ($6::text[] IS NULL OR NOT t.type LIKE ANY ($6))
                AND ($7::text[] IS NULL OR t.sender = ANY ($7)) AND ($8::text[] IS NULL OR NOT t.sender = ANY ($8))
                AND ($9::boolean IS NULL OR t.has_url = $9)
                AND (t.state_key IS NOT NULL OR NOT t.sender = ANY ($10))
            ORDER BY t.position {order} LIMIT $4) e
        {EventColumns.Join}
        ORDER BY e.position {order} LIMIT $4
        """;

    // A few, so that one that must not be seen after all does not hide the next.
    static string Closest(string than, string order) => $"""
        SELECT {EventColumns.Sql}
        FROM sync.event e {EventColumns.Join}
        WHERE e.room_id = $1 AND e.position IS NOT NULL AND e.sent_at {than} $2
            AND EXISTS (SELECT 1 FROM unnest($3, $4) AS u (after, up_to) WHERE e.position > u.after AND e.position <= u.up_to)
        ORDER BY e.sent_at {order}, e.position {order} LIMIT 10
        """;
}
