using Matrix.Bus.Messages.Sync;
using Matrix.Bus.Protocol;
using Npgsql;

namespace Matrix.Bus.Sync.Storage;

/// <summary>Where events stand in a room's timeline, and what a user is to the room.</summary>
sealed class Places([FromKeyedSyncDatabase] NpgsqlDataSource db)
{
    const string MembershipSql = "SELECT membership FROM sync.membership WHERE room_id = $1 AND user_id = $2";

    // An event is in a thread if it says so, or if what it relates to is; the spec recommends to look three steps far.
    const string EventsSql = """
        SELECT e.event_id, e.position, (
            WITH RECURSIVE up (parent_id, rel_type, steps) AS (
                SELECT r.parent_id, r.rel_type, 1 FROM sync.relation r WHERE r.child_id = e.event_id
                UNION ALL
                SELECT r.parent_id, r.rel_type, up.steps + 1 FROM up JOIN sync.relation r ON r.child_id = up.parent_id
                WHERE up.rel_type <> 'm.thread' AND up.steps < 3)
            SELECT parent_id FROM up WHERE rel_type = 'm.thread' ORDER BY steps LIMIT 1)
        FROM sync.event e
        WHERE e.event_id = ANY ($2) AND e.room_id = $1 AND e.position IS NOT NULL
        """;

    /// <summary>As of now.</summary>
    public async Task<RoomPlaces> Of(QueryRoomPlaces asked, CancellationToken cancel)
    {
        await using var batch = db.CreateBatch();
        batch.BatchCommands.Add(Sql.Command(MembershipSql, asked.RoomId.Value, asked.UserId.Value));
        if (asked.EventIds.Count > 0)
            batch.BatchCommands.Add(Sql.Command(EventsSql, asked.RoomId.Value, asked.EventIds.Select(id => id.Value).ToArray()));
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        var membership = await reader.ReadAsync(cancel) ? (Membership)reader.GetInt16(0) : Membership.None;
        var places = new List<EventPlace>();
        if (asked.EventIds.Count > 0)
        {
            await reader.NextResultAsync(cancel);
            while (await reader.ReadAsync(cancel))
            {
                places.Add(new EventPlace
                {
                    EventId = EventId.Parse(reader.GetString(0)),
                    Position = reader.GetInt64(1),
                    ThreadRoot = reader.IsDBNull(2) || !EventId.TryParse(reader.GetString(2), out var root) ? null : root,
                });
            }
        }
        return new RoomPlaces { Membership = membership, Places = places };
    }
}
