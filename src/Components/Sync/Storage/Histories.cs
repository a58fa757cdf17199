using Matrix.Bus.Protocol;
using Matrix.Bus.Sync.Domain;
using Npgsql;

namespace Matrix.Bus.Sync.Storage;

/// <summary>What a viewer was to rooms, and how visible those were.</summary>
sealed class Histories([FromKeyedSyncDatabase] NpgsqlDataSource db)
{
    const string Query = """
        SELECT d.room_id, d.type, d.position, d.value
        FROM unnest($1) AS u (room_id)
        JOIN sync.state_delta d ON d.room_id = u.room_id
            AND ((d.type = 'm.room.member' AND d.state_key = $2) OR (d.type = 'm.room.history_visibility' AND d.state_key = ''))
        ORDER BY d.room_id, d.position
        """;

    /// <summary>One for each room, empty where nothing is known.</summary>
    public async Task<Dictionary<string, Visibility>> Of(IReadOnlyCollection<string> rooms, string viewer, CancellationToken cancel)
    {
        var found = rooms.ToDictionary(room => room, _ => new Visibility());
        if (rooms.Count == 0)
            return found;
        await using var command = Sql.Command(db, Query, rooms.ToArray(), viewer);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            var history = found[reader.GetString(0)];
            var value = reader.GetInt16(3);
            if (reader.GetString(1) == EventTypes.Member)
                history.Add(reader.GetInt64(2), value == 0 ? Membership.Leave : (Membership)value);
            else
                history.Add(reader.GetInt64(2), value == 0 ? HistoryVisibility.Shared : (HistoryVisibility)value);
        }
        return found;
    }
}
