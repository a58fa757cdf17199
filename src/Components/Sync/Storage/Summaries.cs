using Npgsql;

namespace Matrix.Bus.Sync.Storage;

/// <summary>What a client needs to name a room that has no name.</summary>
sealed record RoomSummary(int Joined, int Invited, IReadOnlyList<string>? Heroes);

/// <summary>Counts and heroes of rooms, all at once.</summary>
sealed class Summaries([FromKeyedSyncDatabase] NpgsqlDataSource db)
{
    const string CountsSql = "SELECT room_id, joined, invited FROM sync.room WHERE room_id = ANY ($1)";

    // Heroes are for rooms without a name; the present ones first, in the order they came, else those who were here.
    const string HeroesSql = """
        SELECT u.room_id, h.user_id
        FROM unnest($1) AS u (room_id)
        CROSS JOIN LATERAL (
            SELECT m.user_id, m.position, m.membership IN (1, 2) AS present FROM sync.membership m
            WHERE m.room_id = u.room_id AND m.user_id <> $2 AND m.membership IN (1, 2, 3, 4)
            ORDER BY m.membership IN (1, 2) DESC, m.position LIMIT 5) h
        WHERE NOT EXISTS (SELECT 1 FROM sync.current_state c
            WHERE c.room_id = u.room_id AND c.type IN ('m.room.name', 'm.room.canonical_alias') AND c.state_key = '')
        ORDER BY u.room_id, h.present DESC, h.position
        """;

    /// <summary>The summaries of rooms for one viewer.</summary>
    public async Task<Dictionary<string, RoomSummary>> Of(IReadOnlyCollection<string> rooms, string viewer, CancellationToken cancel)
    {
        var found = new Dictionary<string, RoomSummary>();
        if (rooms.Count == 0)
            return found;
        await using var batch = db.CreateBatch();
        batch.BatchCommands.Add(Sql.Command(CountsSql, (object)rooms.ToArray()));
        batch.BatchCommands.Add(Sql.Command(HeroesSql, rooms.ToArray(), viewer));
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            found[reader.GetString(0)] = new RoomSummary(reader.GetInt32(1), reader.GetInt32(2), null);
        await reader.NextResultAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            if (found.TryGetValue(reader.GetString(0), out var summary))
                found[reader.GetString(0)] = summary with { Heroes = [.. summary.Heroes ?? [], reader.GetString(1)] };
        }
        // Fewer present members than heroes would be padded with those who left: only an empty room is named by them.
        foreach (var (room, summary) in found.ToList())
        {
            var present = Math.Max(0, summary.Joined + summary.Invited - 1);
            if (present > 0 && summary.Heroes is { } heroes && heroes.Count > present)
                found[room] = summary with { Heroes = [.. heroes.Take(present)] };
        }
        return found;
    }
}
