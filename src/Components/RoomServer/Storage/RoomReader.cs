using Matrix.Bus.Messages;
using Matrix.Bus.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Matrix.Bus.RoomServer;

/// <summary>What is committed of a room, as any host may read it: for commands and queries beside the room's partition.</summary>
sealed class RoomReader([FromKeyedServices(ComponentNames.RoomServer)] NpgsqlDataSource db)
{
    const string StateSql = """
        SELECT t.type, k.state_key, e.event_id, j.json, j.redacted, r.version
        FROM rooms.room r
        JOIN rooms.current_state s ON s.room_nid = r.room_nid
        JOIN rooms.event e ON e.event_nid = s.event_nid
        JOIN rooms.event_json j ON j.event_nid = s.event_nid
        JOIN rooms.event_type t ON t.type_id = s.type_id
        JOIN rooms.state_key k ON k.state_key_id = s.state_key_id
        WHERE r.room_id = $1
        """;

    const string MembershipSql = """
        SELECT m.membership FROM rooms.membership m JOIN rooms.room r ON r.room_nid = m.room_nid
        WHERE r.room_id = $1 AND m.user_id = $2
        """;

    const string LatestSql = """
        SELECT e.event_id FROM rooms.room r JOIN rooms.head h ON h.room_nid = r.room_nid
        JOIN rooms.event e ON e.event_nid = h.extremities[cardinality(h.extremities)]
        WHERE r.room_id = $1
        """;

    /// <summary>The room's version; null for a room that is not known.</summary>
    public async Task<RoomVersion?> Version(RoomId room, CancellationToken cancel) =>
        RoomVersion.Find(await Scalar<string>("SELECT version FROM rooms.room WHERE room_id = $1", cancel, room.Value));

    /// <summary>How many are joined.</summary>
    public async Task<int> JoinedCount(RoomId room, CancellationToken cancel) =>
        await Scalar<int?>("SELECT h.joined FROM rooms.head h JOIN rooms.room r ON r.room_nid = h.room_nid WHERE r.room_id = $1", cancel, room.Value) ?? 0;

    /// <summary>The newest forward extremity.</summary>
    public async Task<EventId?> LatestEvent(RoomId room, CancellationToken cancel) =>
        EventId.TryParse(await Scalar<string>(LatestSql, cancel, room.Value), out var id) ? id : null;

    /// <summary>A user's membership as the word in the event; null for none.</summary>
    public async Task<string?> Membership(RoomId room, UserId user, CancellationToken cancel) =>
        await Scalar<short?>(MembershipSql, cancel, room.Value, user.Value) is { } stored ? ((Membership)stored).Word() : null;

    /// <summary>The whole current state.</summary>
    public Task<IReadOnlyDictionary<StateSlot, Pdu>> State(RoomId room, CancellationToken cancel) => Read(StateSql, cancel, room.Value);

    /// <summary>All current state of one type.</summary>
    public Task<IReadOnlyDictionary<StateSlot, Pdu>> State(RoomId room, string type, CancellationToken cancel) =>
        Read(StateSql + " AND t.type = $2", cancel, room.Value, type);

    /// <summary>Some slots of the current state; those that are empty are left out.</summary>
    public Task<IReadOnlyDictionary<StateSlot, Pdu>> State(RoomId room, IReadOnlyList<StateSlot> slots, CancellationToken cancel) =>
        Read(
            StateSql + " AND (t.type, k.state_key) IN (SELECT * FROM unnest($2, $3))",
            cancel,
            room.Value,
            slots.Select(slot => slot.Type).ToArray(),
            slots.Select(slot => slot.StateKey).ToArray());

    async Task<IReadOnlyDictionary<StateSlot, Pdu>> Read(string sql, CancellationToken cancel, params object[] values)
    {
        await using var command = db.CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.AddWithValue(value);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var state = new Dictionary<StateSlot, Pdu>();
        while (await reader.ReadAsync(cancel))
        {
            var version = RoomVersion.Find(reader.GetString(5))!;
            var pdu = PduReader.ReadStored(reader.GetFieldValue<byte[]>(3), version, EventId.Parse(reader.GetString(2)), reader.GetBoolean(4));
            state[new StateSlot(reader.GetString(0), reader.GetString(1))] = pdu;
        }
        return state;
    }

    async Task<T?> Scalar<T>(string sql, CancellationToken cancel, params object[] values)
    {
        await using var command = db.CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.AddWithValue(value);
        return await command.ExecuteScalarAsync(cancel) is T found ? found : default;
    }
}
