using Matrix.Bus.Messages;
using Matrix.Bus.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Matrix.Bus.RoomServer;

/// <summary>Looks transaction ids up that are not in memory (any more).</summary>
sealed class ClientTransactions([FromKeyedServices(ComponentNames.RoomServer)] NpgsqlDataSource db)
{
    const string FindSql = "SELECT key, event_id FROM rooms.client_transaction WHERE key = ANY($1)";

    /// <summary>Puts those that are stored into the memory; answers whether there were any.</summary>
    public async Task<bool> Recall(IReadOnlyCollection<Guid> keys, TransactionMemory memory, CancellationToken cancel)
    {
        await using var command = db.CreateCommand(FindSql);
        command.Parameters.Add(Sql.Array([.. keys]));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var any = false;
        while (await reader.ReadAsync(cancel))
        {
            memory.Add(reader.GetGuid(0), EventId.Parse(reader.GetString(1)));
            any = true;
        }
        return any;
    }
}
