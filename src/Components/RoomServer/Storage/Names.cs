using System.Collections.Concurrent;
using Matrix.Bus.Messages;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Matrix.Bus.RoomServer;

/// <summary>The numbers of event types and state keys, remembered by this host.</summary>
/// <remarks>Numbered outside the transaction of the event: a name that is then not used does no harm.</remarks>
sealed class Names([FromKeyedServices(ComponentNames.RoomServer)] NpgsqlDataSource db)
{
    // Clients invent types and state keys as they like; what is remembered of them is bounded.
    const int MaxRemembered = 200_000;

    // Most names exist: looking first keeps the sequences from being used up by conflicts.
    const string TypesSql = """
        INSERT INTO rooms.event_type (type) SELECT name FROM unnest($1) AS name
        WHERE NOT EXISTS (SELECT FROM rooms.event_type WHERE type = name) ON CONFLICT (type) DO NOTHING
        """;

    const string TypeIdsSql = "SELECT type, type_id FROM rooms.event_type WHERE type = ANY($1)";

    const string KeysSql = """
        INSERT INTO rooms.state_key (state_key) SELECT name FROM unnest($1) AS name
        WHERE NOT EXISTS (SELECT FROM rooms.state_key WHERE state_key = name) ON CONFLICT (state_key) DO NOTHING
        """;

    const string KeyIdsSql = "SELECT state_key, state_key_id FROM rooms.state_key WHERE state_key = ANY($1)";

    readonly ConcurrentDictionary<string, int> _types = new();
    readonly ConcurrentDictionary<string, long> _keys = new();

    /// <summary>The number of a type, if it is remembered.</summary>
    public bool HasType(string type) => _types.ContainsKey(type);

    /// <summary>Whether a state key's number is remembered.</summary>
    public bool HasKey(string key) => _keys.ContainsKey(key);

    /// <summary>The number of a type that was ensured.</summary>
    public int Type(string type) => _types[type];

    /// <summary>The number of a state key that was ensured.</summary>
    public long Key(string key) => _keys[key];

    /// <summary>Sees to it that these have numbers and are remembered.</summary>
    public Task Ensure(IReadOnlyCollection<string> types, IReadOnlyCollection<string> keys, CancellationToken cancel) =>
        Remember(types, keys, add: true, cancel);

    /// <summary>Remembers those of these that have numbers; for questions, which must not make any.</summary>
    public Task Find(IReadOnlyCollection<string> types, IReadOnlyCollection<string> keys, CancellationToken cancel) =>
        Remember(types, keys, add: false, cancel);

    async Task Remember(IReadOnlyCollection<string> types, IReadOnlyCollection<string> keys, bool add, CancellationToken cancel)
    {
        await using var connection = await db.OpenConnectionAsync(cancel);
        await using var batch = new NpgsqlBatch(connection);
        if (add && types.Count > 0)
            batch.BatchCommands.Add(Command(TypesSql, types));
        if (add && keys.Count > 0)
            batch.BatchCommands.Add(Command(KeysSql, keys));
        batch.BatchCommands.Add(Command(TypeIdsSql, types));
        batch.BatchCommands.Add(Command(KeyIdsSql, keys));

        if (_types.Count > MaxRemembered)
            _types.Clear();
        if (_keys.Count > MaxRemembered)
            _keys.Clear();
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            _types[reader.GetString(0)] = reader.GetInt32(1);
        await reader.NextResultAsync(cancel);
        while (await reader.ReadAsync(cancel))
            _keys[reader.GetString(0)] = reader.GetInt64(1);
    }

    static NpgsqlBatchCommand Command(string sql, IReadOnlyCollection<string> names)
    {
        var command = new NpgsqlBatchCommand(sql);
        // In one order everywhere: two hosts that number the same names wait for each other instead of deadlocking.
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. names.Distinct().Order(StringComparer.Ordinal)] });
        return command;
    }
}
