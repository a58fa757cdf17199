using Npgsql;

namespace Matrix.Bus.Foundation;

/// <summary>
/// A consumer's checkpoints, in its own schema's table <c>checkpoint (log text, partition int, position bigint, PRIMARY KEY
/// (log, partition))</c>, moved in the transaction of its effects.
/// </summary>
public sealed class Checkpoints(NpgsqlDataSource db, string schema, string log)
{
    readonly string _attach = $"""
        INSERT INTO {schema}.checkpoint (log, partition, position) VALUES ($1, $2, 0)
        ON CONFLICT (log, partition) DO UPDATE SET position = {schema}.checkpoint.position
        RETURNING position
        """;

    /// <summary>Moves the checkpoint from $3 to $4; affects no row if it is not at $3: the fence.</summary>
    readonly string _advance = $"UPDATE {schema}.checkpoint SET position = $4 WHERE log = $1 AND partition = $2 AND position = $3";

    /// <summary>The stored position of a partition, 0 at first.</summary>
    public async Task<long> Attach(int partition, CancellationToken cancel)
    {
        await using var command = db.CreateCommand(_attach);
        command.Parameters.AddWithValue(log);
        command.Parameters.AddWithValue(partition);
        return (long)(await command.ExecuteScalarAsync(cancel))!;
    }

    /// <summary>The statement that moves the checkpoint: put it FIRST into the batch of the effects, then call
    /// <see cref="EnsureNotFenced"/> with its rows affected before committing.</summary>
    public NpgsqlBatchCommand Advance(int partition, long after, long upTo)
    {
        var command = new NpgsqlBatchCommand(_advance);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = log });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = partition });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = after });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = upTo });
        return command;
    }

    /// <summary>Throws if the checkpoint was not where this host believed it to be; the transaction must then be rolled back.</summary>
    /// <exception cref="FencedException">Another host has taken over the partition.</exception>
    public void EnsureNotFenced(NpgsqlBatchCommand advanced, int partition, long after)
    {
        if (advanced.RecordsAffected != 1)
            throw new FencedException($"The checkpoint of {log}/{partition} in {schema} is not at {after}: another host follows it.");
    }
}
