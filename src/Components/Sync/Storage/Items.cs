using Matrix.Bus.Sync.Domain;
using Npgsql;

namespace Matrix.Bus.Sync.Storage;

/// <summary>The newest values of the streams that are not made of events.</summary>
sealed class Items([FromKeyedSyncDatabase] NpgsqlDataSource db)
{
    const string OfUserSql = "SELECT stream, room_id, user_id, key, body, position FROM sync.item WHERE user_id = $1 AND position > $2 AND position <= $3 ORDER BY position";

    const string OfRoomsSql = """
        SELECT stream, room_id, user_id, key, body, position FROM sync.item
        WHERE room_id = ANY ($1) AND user_id = '' AND stream <> 100 AND position > $2 AND position <= $3 ORDER BY position
        """;

    /// <summary>What was said to everyone in the rooms, and to the user alone.</summary>
    public async Task<List<Item>> Since(IReadOnlyCollection<string> rooms, string userId, long after, long upTo, CancellationToken cancel) =>
        (await Placed(rooms, userId, after, upTo, cancel)).ConvertAll(placed => placed.Item);

    /// <summary>The same, each with its position.</summary>
    public async Task<List<(Item Item, long Position)>> Placed(IReadOnlyCollection<string> rooms, string userId, long after, long upTo, CancellationToken cancel)
    {
        await using var batch = db.CreateBatch();
        batch.BatchCommands.Add(Sql.Command(OfUserSql, userId, after, upTo));
        batch.BatchCommands.Add(Sql.Command(OfRoomsSql, rooms.ToArray(), after, upTo));
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        var items = new List<(Item, long)>();
        do
        {
            while (await reader.ReadAsync(cancel))
                items.Add((new Item((ItemStream)reader.GetInt16(0), reader.GetString(1), reader.GetString(2), reader.GetString(3), reader.GetFieldValue<byte[]>(4)), reader.GetInt64(5)));
        }
        while (await reader.NextResultAsync(cancel));
        return items;
    }
}
