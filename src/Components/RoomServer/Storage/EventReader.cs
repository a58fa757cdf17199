using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Matrix.Bus.RoomServer;

/// <summary>An event's place in storage.</summary>
readonly record struct EventPlace(long Event, long Room, int Type, long Key, long Snapshot, long Replaces, EventVerdict Verdict)
{
    /// <summary>Whether the state after the event is known: it is not for outliers.</summary>
    public bool HasState => Snapshot != 0;

    /// <summary>Whether the event changed the state it came to.</summary>
    public bool ChangesState => Key != 0 && Verdict != EventVerdict.Rejected;
}

/// <summary>Stored events and what was said of them.</summary>
sealed class EventReader([FromKeyedServices(ComponentNames.RoomServer)] NpgsqlDataSource db)
{
    const string ByIdSql = """
        SELECT e.event_id, r.room_id, r.version, j.json, j.redacted, e.verdict
        FROM rooms.event e JOIN rooms.room r USING (room_nid) JOIN rooms.event_json j USING (event_nid)
        WHERE e.event_id = ANY($1)
        """;

    const string ByNidSql = """
        SELECT e.event_id, j.json, j.redacted, e.event_nid FROM rooms.event e JOIN rooms.event_json j USING (event_nid) WHERE e.event_nid = ANY($1)
        """;

    const string PlacesSql = """
        SELECT e.event_id, e.event_nid, e.room_nid, e.type_id, e.state_key_id, e.snapshot_nid, e.replaces, e.verdict
        FROM rooms.event e JOIN rooms.room r USING (room_nid)
        WHERE r.room_id = $1 AND e.event_id = ANY($2)
        """;

    const string CheckSql = """
        SELECT coalesce(r.room_id, c.room_id), coalesce(c.verdict, e.verdict), c.rule, c.reason
        FROM (SELECT $1 AS event_id) AS asked
            LEFT JOIN rooms.event e USING (event_id)
            LEFT JOIN rooms.room r USING (room_nid)
            LEFT JOIN rooms.event_check c USING (event_id)
        WHERE e.event_id IS NOT NULL OR c.event_id IS NOT NULL
        """;

    /// <summary>Events by id.</summary>
    public async Task<List<StoredEvent>> ById(IReadOnlyCollection<EventId> ids, CancellationToken cancel)
    {
        await using var command = db.CreateCommand(ByIdSql);
        command.Parameters.Add(Texts(ids));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var events = new List<StoredEvent>();
        while (await reader.ReadAsync(cancel))
        {
            events.Add(new StoredEvent
            {
                EventId = EventId.Parse(reader.GetString(0)),
                RoomId = RoomId.Parse(reader.GetString(1)),
                RoomVersion = reader.GetString(2),
                Event = new RawJson(reader.GetFieldValue<byte[]>(3)),
                Redacted = reader.GetBoolean(4),
                Verdict = (EventVerdict)reader.GetInt16(5),
            });
        }
        return events;
    }

    /// <summary>Events by number.</summary>
    public async Task<List<IdentifiedEvent>> ByNid(IReadOnlyCollection<long> nids, CancellationToken cancel) =>
        [.. (await Numbered(nids, cancel)).Values];

    /// <summary>Events by number, with their numbers.</summary>
    public async Task<Dictionary<long, IdentifiedEvent>> Numbered(IReadOnlyCollection<long> nids, CancellationToken cancel)
    {
        await using var command = db.CreateCommand(ByNidSql);
        command.Parameters.Add(Sql.Array([.. nids]));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var events = new Dictionary<long, IdentifiedEvent>(nids.Count);
        while (await reader.ReadAsync(cancel))
        {
            events[reader.GetInt64(3)] = new IdentifiedEvent
            {
                EventId = EventId.Parse(reader.GetString(0)),
                Event = new RawJson(reader.GetFieldValue<byte[]>(1)),
                Redacted = reader.GetBoolean(2),
            };
        }
        return events;
    }

    /// <summary>Where events of a room are stored; those of other rooms are left out.</summary>
    public async Task<Dictionary<EventId, EventPlace>> Places(RoomId room, IReadOnlyCollection<EventId> ids, CancellationToken cancel)
    {
        await using var command = db.CreateCommand(PlacesSql);
        command.Parameters.Add(Sql.Of(room.Value));
        command.Parameters.Add(Texts(ids));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var places = new Dictionary<EventId, EventPlace>();
        while (await reader.ReadAsync(cancel))
        {
            places[EventId.Parse(reader.GetString(0))] = new EventPlace(
                reader.GetInt64(1), reader.GetInt64(2), reader.GetInt32(3), reader.GetInt64(4), reader.GetInt64(5), reader.GetInt64(6), (EventVerdict)reader.GetInt16(7));
        }
        return places;
    }

    /// <summary>What the checks said of an event; null if it never came.</summary>
    public async Task<EventCheck?> Check(EventId id, CancellationToken cancel)
    {
        await using var command = db.CreateCommand(CheckSql);
        command.Parameters.Add(Sql.Of(id.Value));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel)
            ? new EventCheck
            {
                RoomId = RoomId.Parse(reader.GetString(0)),
                Verdict = (EventVerdict)reader.GetInt16(1),
                Rule = reader.IsDBNull(2) ? null : reader.GetString(2),
                Reason = reader.IsDBNull(3) ? null : reader.GetString(3),
            }
            : null;
    }

    static NpgsqlParameter Texts(IEnumerable<EventId> ids) => Sql.Array([.. ids.Select(id => id.Value)]);
}
