using Npgsql;

namespace Matrix.Bus.Sync.Storage;

/// <summary>Forgets Sync's copy, so that it is built again from the logs.</summary>
/// <remarks>Safe while hosts run: their consumers find their checkpoints gone, attach again and read from the beginning; what hosts
/// keep in memory goes with the generation. Positions go on from where they were, so that no client's token comes to mean something
/// else: a client sees the newest of each room once more.</remarks>
public static class Rebuild
{
    const string Sql = """
        BEGIN;
        LOCK TABLE sync.checkpoint IN ACCESS EXCLUSIVE MODE;
        UPDATE sync.stream SET generation = generation + 1, oldest = 0;
        TRUNCATE sync.checkpoint, sync.room, sync.event, sync.state_delta, sync.current_state, sync.membership, sync.relation, sync.item;
        COMMIT;
        """;

    /// <summary>Forgets; the running hosts, or the next that start, read the logs again.</summary>
    public static async Task Run(NpgsqlDataSource db, CancellationToken cancel)
    {
        await using var command = db.CreateCommand(Sql);
        await command.ExecuteNonQueryAsync(cancel);
    }
}
