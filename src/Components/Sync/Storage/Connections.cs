using System.Collections.Concurrent;
using Matrix.Bus.Sync.Domain.Sliding;
using Npgsql;

namespace Matrix.Bus.Sync.Storage;

/// <summary>What clients of sliding syncs were told, on any host.</summary>
sealed class Connections([FromKeyedSyncDatabase] NpgsqlDataSource db)
{
    const int MaxKept = 2_000;

    // Of each loop the position that the client came with and the one it is given; of each device a few loops.
    const string AddSql = """
        WITH old AS (DELETE FROM sync.connection WHERE user_id = $1 AND device_id = $2 AND (
            (name = $3 AND id <> $5) OR id NOT IN (SELECT id FROM sync.connection WHERE user_id = $1 AND device_id = $2 ORDER BY id DESC LIMIT 40)))
        INSERT INTO sync.connection (user_id, device_id, name, state) VALUES ($1, $2, $3, $4) RETURNING id
        """;

    const string ReadSql = "SELECT state FROM sync.connection WHERE id = $1 AND user_id = $2 AND device_id = $3 AND name = $4";

    readonly ConcurrentDictionary<long, (string User, string Device, string Name, Connection State)> _kept = new();

    /// <summary>What was told by a position; null if there is no such position of this device's loop.</summary>
    public async Task<Connection?> Read(SlidingRequest request, long id, CancellationToken cancel)
    {
        if (_kept.TryGetValue(id, out var kept))
            return kept.User == request.UserId.Value && kept.Device == request.DeviceId && kept.Name == request.Connection ? kept.State : null;
        var rows = await Sql.Rows(db, ReadSql, row => row.GetFieldValue<byte[]>(0), cancel, id, request.UserId.Value, request.DeviceId, request.Connection);
        return rows.Count == 0 ? null : Keep(id, request, Connection.Read(rows[0]));
    }

    /// <summary>Stores what the client is told now, beside what it had been told when it asked (0 for nothing).</summary>
    public async Task<long> Add(SlidingRequest request, Connection state, long before, CancellationToken cancel)
    {
        var rows = await Sql.Rows(db, AddSql, row => row.GetInt64(0), cancel, request.UserId.Value, request.DeviceId, request.Connection, state.Write(), before);
        Keep(rows[0], request, state);
        return rows[0];
    }

    Connection Keep(long id, SlidingRequest request, Connection state)
    {
        if (_kept.Count >= MaxKept)
            _kept.Clear();
        _kept[id] = (request.UserId.Value, request.DeviceId, request.Connection, state);
        return state;
    }
}
