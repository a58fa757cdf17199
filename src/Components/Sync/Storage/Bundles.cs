using Matrix.Bus.Protocol;
using Matrix.Bus.Sync.Domain;
using Matrix.Bus.Sync.Reading;
using Npgsql;

namespace Matrix.Bus.Sync.Storage;

/// <summary>What relates to an event, as the server sums it up (client-server API, "Server-side aggregation of relationships").</summary>
sealed class Bundle
{
    /// <summary>The newest valid edit.</summary>
    public SyncEvent? Replacement { get; set; }

    /// <summary>The newest event of the thread that begins with it.</summary>
    public SyncEvent? ThreadLatest { get; set; }

    /// <summary>What relates to that.</summary>
    public Bundle? OfThreadLatest { get; set; }

    public long ThreadCount { get; set; }

    public bool Participated { get; set; }

    /// <summary>The events that reference it.</summary>
    public List<string> References { get; } = [];
}

/// <summary>The bundled aggregations of events in several rooms at once.</summary>
sealed class Bundles([FromKeyedSyncDatabase] NpgsqlDataSource db)
{
    const string TargetSql = "unnest($1, $2, $3) AS u (room_id, parent_id, up_to)";

    // Valid edits alone: same sender, type and room, of a message that is neither redacted nor an edit itself.
    const string ReplaceSql = $"""
        SELECT DISTINCT ON (c.parent_id) c.parent_id, {EventColumns.Sql}
        FROM {TargetSql}
        JOIN sync.relation c ON c.parent_id = u.parent_id AND c.rel_type = 'm.replace' AND c.room_id = u.room_id AND c.position <= u.up_to
        JOIN sync.event p ON p.event_id = c.parent_id AND p.sender = c.sender AND p.type = c.type AND p.state_key IS NULL AND p.redacted_because IS NULL
            AND NOT EXISTS (SELECT 1 FROM sync.relation x WHERE x.child_id = p.event_id AND x.rel_type = 'm.replace')
        JOIN sync.event e ON e.event_id = c.child_id {EventColumns.Join}
        ORDER BY c.parent_id, c.sent_at DESC, c.child_id DESC
        """;

    const string ThreadSql = $"""
        SELECT u.parent_id, t.n, t.mine OR p.sender = $4, {EventColumns.Sql}
        FROM {TargetSql}
        JOIN sync.event p ON p.event_id = u.parent_id
        JOIN LATERAL (SELECT count(*) AS n, bool_or(c.sender = $4) AS mine, max(c.position) AS latest FROM sync.relation c
            WHERE c.parent_id = u.parent_id AND c.rel_type = 'm.thread' AND c.room_id = u.room_id AND c.position <= u.up_to
                AND NOT c.sender = ANY ($5)) t ON t.n > 0
        JOIN sync.event e ON e.room_id = u.room_id AND e.position = t.latest {EventColumns.Join}
        """;

    const string ReferenceSql = $"""
        SELECT c.parent_id, c.child_id, c.position, c.type FROM {TargetSql}
        JOIN sync.relation c ON c.parent_id = u.parent_id AND c.rel_type = 'm.reference' AND c.room_id = u.room_id AND c.position <= u.up_to
            AND NOT c.sender = ANY ($4)
        ORDER BY c.position LIMIT 1000
        """;

    /// <summary>By event id, for the timelines of an answer; what the viewer may not see or does not want is not summed up.</summary>
    public async Task<IReadOnlyDictionary<string, Bundle>> Of(IEnumerable<RoomAnswer> rooms, UserId viewer, IReadOnlySet<string> ignored, CancellationToken cancel)
    {
        var parents = new List<Parent>();
        foreach (var room in rooms)
        {
            foreach (var id in room.Related ?? room.Timeline.ConvertAll(e => e.EventId))
                parents.Add(new Parent(room.RoomId, id, room.RelationsUpTo, room.Visibility));
        }
        var found = await Read(parents, viewer, ignored, cancel);

        // The newest event of a thread may have been edited itself; no thread hangs on it.
        var threads = found.Where(bundle => bundle.Value.ThreadLatest is not null).ToDictionary();
        if (threads.Count == 0)
            return found;
        var latest = parents.Where(parent => threads.ContainsKey(parent.EventId)).Select(parent => parent with { EventId = threads[parent.EventId].ThreadLatest!.EventId });
        var inner = await Read([.. latest], viewer, ignored, cancel);
        foreach (var bundle in threads.Values)
            bundle.OfThreadLatest = inner.GetValueOrDefault(bundle.ThreadLatest!.EventId);
        return found;
    }

    async Task<Dictionary<string, Bundle>> Read(List<Parent> parents, UserId viewer, IReadOnlySet<string> ignored, CancellationToken cancel)
    {
        var found = new Dictionary<string, Bundle>();
        if (parents.Count == 0)
            return found;
        var histories = parents.DistinctBy(parent => parent.EventId).ToDictionary(parent => parent.EventId, parent => parent.History);

        await using var batch = db.CreateBatch();
        object[] target =
        [
            parents.Select(parent => parent.RoomId).ToArray(), parents.Select(parent => parent.EventId).ToArray(), parents.Select(parent => parent.UpTo).ToArray(),
        ];
        batch.BatchCommands.Add(Sql.Command(ReplaceSql, target));
        batch.BatchCommands.Add(Sql.Command(ThreadSql, [.. target, viewer.Value, ignored.ToArray()]));
        batch.BatchCommands.Add(Sql.Command(ReferenceSql, [.. target, ignored.ToArray()]));
        await using var reader = await batch.ExecuteReaderAsync(cancel);

        while (await reader.ReadAsync(cancel))
        {
            var edit = EventColumns.Read(reader, 1);
            if (CanSee(reader.GetString(0), edit.Position ?? 0, edit.Type))
                Of(reader.GetString(0)).Replacement = edit;
        }
        await reader.NextResultAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            var latest = EventColumns.Read(reader, 3);
            if (!CanSee(reader.GetString(0), latest.Position ?? 0, latest.Type))
                continue;
            var bundle = Of(reader.GetString(0));
            (bundle.ThreadCount, bundle.Participated, bundle.ThreadLatest) = (reader.GetInt64(1), reader.GetBoolean(2), latest);
        }
        await reader.NextResultAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            if (CanSee(reader.GetString(0), reader.GetInt64(2), reader.GetString(3)))
                Of(reader.GetString(0)).References.Add(reader.GetString(1));
        }
        return found;

        Bundle Of(string id) => found.TryGetValue(id, out var bundle) ? bundle : found[id] = new Bundle();

        bool CanSee(string parent, long position, string type) => histories[parent] is not { } history || history.CanSee(position, type, null, viewer);
    }

    /// <summary>An event, up to where the viewer sees what relates to it, and what the viewer was to its room; null if joined all along.</summary>
    sealed record Parent(string RoomId, string EventId, long UpTo, Visibility? History);
}
