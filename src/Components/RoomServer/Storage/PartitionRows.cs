using Matrix.Bus.Messages;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Matrix.Bus.RoomServer;

/// <summary>Who owns a partition, and how far its log goes.</summary>
readonly record struct PartitionPlace(long Epoch, long Position);

/// <summary>The fence rows.</summary>
sealed class PartitionRows([FromKeyedServices(ComponentNames.RoomServer)] NpgsqlDataSource db)
{
    /// <summary>SQLSTATE of a commit that was fenced off.</summary>
    public const string Fenced = "MB001";

    const string TakeSql = """
        INSERT INTO rooms.partition AS p (partition, epoch) VALUES ($1, 1)
        ON CONFLICT (partition) DO UPDATE SET epoch = p.epoch + 1
        RETURNING epoch, position
        """;

    const string FindSql = "SELECT epoch, position FROM rooms.partition WHERE partition = $1";

    /// <summary>Takes a partition over: whoever had it before cannot commit any more. Waits for a commit that is under way.</summary>
    public Task<PartitionPlace> Take(int partition, CancellationToken cancel) => Read(TakeSql, partition, cancel);

    /// <summary>How a partition stands.</summary>
    public Task<PartitionPlace> Find(int partition, CancellationToken cancel) => Read(FindSql, partition, cancel);

    async Task<PartitionPlace> Read(string sql, int partition, CancellationToken cancel)
    {
        await using var command = db.CreateCommand(sql);
        command.Parameters.Add(Sql.Of(partition));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? new PartitionPlace(reader.GetInt64(0), reader.GetInt64(1)) : default;
    }
}
