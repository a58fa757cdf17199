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

    public SyncEvent? ThreadLatest { get; set; }

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
            WHERE c.parent_id = u.parent_id AND c.rel_type = 'm.thread' AND c.room_id = u.room_id AND c.position <= u.up_to) t ON t.n > 0
        JOIN sync.event e ON e.room_id = u.room_id AND e.position = t.latest {EventColumns.Join}
        """;

    const string ReferenceSql = $"""
        SELECT c.parent_id, c.child_id, c.position, c.type FROM {TargetSql}
        JOIN sync.relation c ON c.parent_id = u.parent_id AND c.rel_type = 'm.reference' AND c.room_id = u.room_id AND c.position <= u.up_to
        ORDER BY c.position LIMIT 1000
        """;

    /// <summary>By event id, for the timelines of an answer; what the viewer may not see is not summed up.</summary>
    public async Task<IReadOnlyDictionary<string, Bundle>> Of(IEnumerable<RoomAnswer> rooms, UserId viewer, CancellationToken cancel)
    {
        var found = new Dictionary<string, Bundle>();
        var histories = new Dictionary<string, Visibility?>();
        List<string> roomIds = [], parents = [];
        List<long> upTos = [];
        foreach (var room in rooms)
        {
            foreach (var id in room.Related ?? room.Timeline.ConvertAll(e => e.EventId))
            {
                roomIds.Add(room.RoomId);
                parents.Add(id);
                upTos.Add(room.RelationsUpTo);
                histories[id] = room.Visibility;
            }
        }
        if (parents.Count == 0)
            return found;

        await using var batch = db.CreateBatch();
        object[] target = [roomIds.ToArray(), parents.ToArray(), upTos.ToArray()];
        batch.BatchCommands.Add(Sql.Command(ReplaceSql, target));
        batch.BatchCommands.Add(Sql.Command(ThreadSql, [.. target, viewer.Value]));
        batch.BatchCommands.Add(Sql.Command(ReferenceSql, target));
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
}
