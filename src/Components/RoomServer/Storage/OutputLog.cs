using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Matrix.Bus.RoomServer;

/// <summary>Reads the output log from its table. An event that was redacted since is read in its redacted form.</summary>
sealed class OutputLog([FromKeyedServices(ComponentNames.RoomServer)] NpgsqlDataSource db) : ILogReader<OutputRoomEvent>
{
    const string ReadSql = """
        SELECT o.position, o.kind, r.room_id, r.version, o.sequence, e.event_id, j.json, o.stored_at, o.device_id, o.endpoint, o.txn_id, o.extra
        FROM rooms.output o
            JOIN rooms.room r USING (room_nid)
            LEFT JOIN rooms.event e USING (event_nid)
            LEFT JOIN rooms.event_json j USING (event_nid)
        WHERE o.partition = $1 AND o.position > $2
        ORDER BY o.position LIMIT $3
        """;

    const string BodiesSql = "SELECT e.event_id, j.json FROM rooms.event e JOIN rooms.event_json j USING (event_nid) WHERE e.event_id = ANY($1)";

    const string HeadSql = "SELECT position FROM rooms.partition WHERE partition = $1";

    public async Task<IReadOnlyList<Logged<OutputRoomEvent>>> Read(int partition, long after, int limit, CancellationToken cancel)
    {
        var entries = new List<Logged<OutputRoomEvent>>();
        await using (var command = db.CreateCommand(ReadSql))
        {
            command.Parameters.Add(Sql.Of(partition));
            command.Parameters.Add(Sql.Of(after));
            command.Parameters.Add(Sql.Of(limit));
            await using var reader = await command.ExecuteReaderAsync(cancel);
            while (await reader.ReadAsync(cancel))
                entries.Add(new Logged<OutputRoomEvent> { Partition = partition, Position = reader.GetInt64(0), Entry = ReadEntry(reader) });
        }
        return await WithBodies(entries, cancel);
    }

    public async Task<long> Head(int partition, CancellationToken cancel)
    {
        await using var command = db.CreateCommand(HeadSql);
        command.Parameters.Add(Sql.Of(partition));
        return await command.ExecuteScalarAsync(cancel) is long head ? head : 0;
    }

    static OutputRoomEvent ReadEntry(NpgsqlDataReader reader)
    {
        var extra = reader.IsDBNull(11) ? null : OutputExtra.Read(reader.GetFieldValue<byte[]>(11));
        return new OutputRoomEvent
        {
            Kind = (OutputKind)reader.GetInt16(1),
            RoomId = RoomId.Parse(reader.GetString(2)),
            RoomVersion = reader.GetString(3),
            Sequence = reader.GetInt64(4),
            EventId = reader.IsDBNull(5) ? null : EventId.Parse(reader.GetString(5)),
            Event = reader.IsDBNull(6) ? null : new RawJson(reader.GetFieldValue<byte[]>(6)),
            StoredAt = reader.GetInt64(7),
            Transaction = reader.IsDBNull(8)
                ? null
                : new DraftTransaction { DeviceId = reader.GetString(8), Endpoint = reader.GetString(9), TransactionId = reader.GetString(10) },
            RedactedBecause = extra?.RedactedBecause,
            StateChanges = extra?.StateChanges ?? [],
            ReplacesState = extra?.ReplacesState,
            UserId = extra?.UserId,
            StrippedState = extra?.StrippedState,
        };
    }

    /// <summary>Fills in the events that entries name beside their own.</summary>
    async Task<IReadOnlyList<Logged<OutputRoomEvent>>> WithBodies(List<Logged<OutputRoomEvent>> entries, CancellationToken cancel)
    {
        var ids = new HashSet<string>();
        foreach (var logged in entries)
        {
            if (logged.Entry.ReplacesState is { } replaced)
                ids.Add(replaced.Value);
            foreach (var change in logged.Entry.StateChanges)
            {
                if (change.EventId is { } id && id != logged.Entry.EventId)
                    ids.Add(id.Value);
            }
        }
        if (ids.Count == 0)
            return entries;

        var bodies = new Dictionary<string, RawJson>();
        await using var command = db.CreateCommand(BodiesSql);
        command.Parameters.Add(Sql.Array([.. ids]));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            bodies[reader.GetString(0)] = new RawJson(reader.GetFieldValue<byte[]>(1));
        return entries.ConvertAll(logged => logged with { Entry = WithBodies(logged.Entry, bodies) });
    }

    static OutputRoomEvent WithBodies(OutputRoomEvent entry, Dictionary<string, RawJson> bodies)
    {
        RawJson? Body(EventId? id) => id is { } known && known != entry.EventId && bodies.TryGetValue(known.Value, out var body) ? body : null;
        return entry with
        {
            PrevContent = entry.ReplacesState is { } replaced && bodies.TryGetValue(replaced.Value, out var before)
                ? RawJson.From(before.Parse().GetProperty("content"))
                : null,
            StateChanges = [.. entry.StateChanges.Select(change => change with { Event = Body(change.EventId) })],
        };
    }
}
