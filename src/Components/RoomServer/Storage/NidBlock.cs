using Npgsql;

namespace Matrix.Bus.RoomServer;

/// <summary>Numbers for the rows of one partition, taken from the sequence in blocks.</summary>
/// <remarks>Each owner of a partition takes fresh blocks: whatever it hands out is greater than what its predecessors did, so
/// that within a room a later event has a greater number.</remarks>
sealed class NidBlock(NpgsqlDataSource db)
{
    const int Block = 1024;
    const string Sql = "SELECT nextval('rooms.nid') FROM generate_series(1, $1)";

    readonly Queue<long> _blocks = new();
    long _next;
    int _left;

    /// <summary>Takes blocks until that many numbers are at hand.</summary>
    public ValueTask Ensure(int count, CancellationToken cancel) =>
        _left + (_blocks.Count * Block) >= count ? ValueTask.CompletedTask : Take(count, cancel);

    /// <summary>The next number, from 1.</summary>
    public long Next()
    {
        if (_left == 0)
        {
            _next = _blocks.Dequeue();
            _left = Block;
        }
        _left--;
        return _next++;
    }

    async ValueTask Take(int count, CancellationToken cancel)
    {
        await using var command = db.CreateCommand(Sql);
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = (count / Block) + 1 });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            _blocks.Enqueue(reader.GetInt64(0));
    }
}
