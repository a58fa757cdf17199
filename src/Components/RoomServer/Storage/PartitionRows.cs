using Matrix.Bus.Messages;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Matrix.Bus.RoomServer;

/// <summary>Who owns a partition, how far its log goes, and the mark of who moved it last.</summary>
readonly record struct PartitionPlace(long Epoch, long Position, Guid Mark);

/// <summary>The fence rows.</summary>
sealed class PartitionRows([FromKeyedServices(ComponentNames.RoomServer)] NpgsqlDataSource db)
{
    /// <summary>SQLSTATE of a commit that was fenced off.</summary>
    public const string Fenced = "MB001";

    const string TakeSql = """
        INSERT INTO rooms.partition AS p (partition, epoch, mark) VALUES ($1, 1, $2)
        ON CONFLICT (partition) DO UPDATE SET epoch = p.epoch + 1, mark = excluded.mark
        RETURNING epoch, position, mark
        """;

    const string SettleSql = """
        UPDATE rooms.partition SET epoch = $2 WHERE partition = $1 AND epoch IN ($2 - 1, $2) AND mark IN ($3, $4)
        RETURNING epoch, position, mark
        """;

    /// <summary>Takes a partition over: whoever had it before cannot commit any more. Waits for a commit that is under way.</summary>
    public async Task<PartitionPlace> Take(int partition, CancellationToken cancel) =>
        (await Read(TakeSql, cancel, Sql.Of(partition), Sql.Of(Guid.NewGuid())))!.Value;

    /// <summary>
    /// Settles for good what became of a commit whose answer is not known: it was made if the mark is now the attempt's, and if
    /// not it never will be, for the epoch is another one. Null if another host has taken the partition over.
    /// </summary>
    /// <remarks>Waits for the commit if it is under way. May itself be repeated when its answer is lost.</remarks>
    public Task<PartitionPlace?> Settle(int partition, PartitionPlace last, Guid attempt, CancellationToken cancel) =>
        Read(SettleSql, cancel, Sql.Of(partition), Sql.Of(last.Epoch + 1), Sql.Of(last.Mark), Sql.Of(attempt));

    /// <summary>After a failure: the connections that are kept are likely to be broken as well.</summary>
    public void DropConnections() => db.Clear();

    async Task<PartitionPlace?> Read(string sql, CancellationToken cancel, params NpgsqlParameter[] parameters)
    {
        await using var command = db.CreateCommand(sql);
        command.Parameters.AddRange(parameters);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? new PartitionPlace(reader.GetInt64(0), reader.GetInt64(1), reader.GetGuid(2)) : null;
    }
}
