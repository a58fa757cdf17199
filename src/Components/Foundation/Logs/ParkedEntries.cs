using Npgsql;

namespace Matrix.Bus.Foundation;

/// <summary>Parked entries in the schema <c>foundation</c>.</summary>
sealed class ParkedEntries(DataSources databases) : IParkedEntries
{
    const string KeysSql = """
        SELECT DISTINCT key FROM foundation.parked_entry
        WHERE consumer = $1 AND log = $2 AND partition = $3 AND resolved_at IS NULL
        """;

    // Parking twice is one parking: the checkpoint may not have been stored the first time.
    const string ParkSql = """
        INSERT INTO foundation.parked_entry (consumer, log, partition, position, key, body, cause)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (consumer, log, partition, position) DO NOTHING
        """;

    public async Task<StuckKeys> Keys(string consumer, string log, int partition, CancellationToken cancel)
    {
        await using var command = databases.Foundation.CreateCommand(KeysSql);
        command.Parameters.AddWithValue(consumer);
        command.Parameters.AddWithValue(log);
        command.Parameters.AddWithValue(partition);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var keys = new List<string>();
        while (await reader.ReadAsync(cancel))
            keys.Add(reader.GetString(0));
        return new StuckKeys(keys);
    }

    public async Task Park(string consumer, string log, IReadOnlyList<ParkedEntry> entries, Exception? cause, CancellationToken cancel)
    {
        if (entries.Count == 0)
            return;
        await using var batch = databases.Foundation.CreateBatch();
        foreach (var entry in entries)
        {
            var command = new NpgsqlBatchCommand(ParkSql);
            command.Parameters.AddWithValue(consumer);
            command.Parameters.AddWithValue(log);
            command.Parameters.AddWithValue(entry.Partition);
            command.Parameters.AddWithValue(entry.Position);
            command.Parameters.AddWithValue(entry.Key);
            command.Parameters.AddWithValue(entry.Body.Utf8.ToArray());
            command.Parameters.AddWithValue((object?)cause?.ToString() ?? DBNull.Value);
            batch.BatchCommands.Add(command);
        }
        await batch.ExecuteNonQueryAsync(cancel);
    }
}
