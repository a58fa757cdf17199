using Matrix.Bus.Messages;
using Matrix.Bus.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Matrix.Bus.RoomServer;

/// <summary>A stored event with the flag of its form.</summary>
readonly record struct ReadEvent(EventId Id, byte[] Json, bool Redacted);

/// <summary>Rooms as they stand now, from the projections. What a host answers is what was committed before it was asked.</summary>
sealed class RoomReader([FromKeyedServices(ComponentNames.RoomServer)] NpgsqlDataSource db)
{
    const string RoomSql = "SELECT version FROM rooms.room WHERE room_id = $1";

    const string MembershipSql = """
        SELECT m.membership FROM rooms.membership m JOIN rooms.room r USING (room_nid) WHERE r.room_id = $1 AND m.user_id = $2
        """;

    const string HeadSql = """
        SELECT h.joined, h.invited, h.depth, h.sequence,
            ARRAY(SELECT e.event_id FROM unnest(h.extremities) WITH ORDINALITY AS x(nid, place) JOIN rooms.event e ON e.event_nid = x.nid ORDER BY place)
        FROM rooms.head h JOIN rooms.room r USING (room_nid) WHERE r.room_id = $1
        """;

    const string StateSql = """
        SELECT t.type, k.state_key, e.event_id, j.json, j.redacted
        FROM rooms.room r
            JOIN rooms.current_state c USING (room_nid)
            JOIN rooms.event_type t USING (type_id)
            JOIN rooms.state_key k USING (state_key_id)
            JOIN rooms.event e USING (event_nid)
            JOIN rooms.event_json j USING (event_nid)
        WHERE r.room_id = $1 AND ($2::text[] IS NULL OR t.type = ANY($2))
        """;

    const string SlotsSql = """
        SELECT want.type, want.key, e.event_id, j.json, j.redacted
        FROM unnest($2, $3) AS want(type, key)
            JOIN rooms.room r ON r.room_id = $1
            JOIN rooms.event_type t ON t.type = want.type
            JOIN rooms.state_key k ON k.state_key = want.key
            JOIN rooms.current_state c ON c.room_nid = r.room_nid AND c.type_id = t.type_id AND c.state_key_id = k.state_key_id
            JOIN rooms.event e ON e.event_nid = c.event_nid
            JOIN rooms.event_json j ON j.event_nid = c.event_nid
        """;

    /// <summary>The version of a room; null if it is not known.</summary>
    public async Task<RoomVersion?> Version(RoomId room, CancellationToken cancel)
    {
        await using var command = Command(RoomSql, room);
        return RoomVersion.Find((string?)await command.ExecuteScalarAsync(cancel));
    }

    /// <summary>The membership of a user as events say it; null if there is none.</summary>
    public async Task<string?> Membership(RoomId room, UserId user, CancellationToken cancel)
    {
        await using var command = Command(MembershipSql, room);
        command.Parameters.Add(Sql.Of(user.Value));
        return await command.ExecuteScalarAsync(cancel) is short membership ? ((Membership)membership).Word() : null;
    }

    /// <summary>How many users are joined; 0 for a room that is not known.</summary>
    public async Task<int> JoinedCount(RoomId room, CancellationToken cancel) => (await Head(room, cancel))?.Joined ?? 0;

    /// <summary>The newest of the forward extremities; null for a room that is not known.</summary>
    public async Task<EventId?> LatestEvent(RoomId room, CancellationToken cancel) =>
        await Head(room, cancel) is { } head ? head.Extremities[^1] : null;

    /// <summary>The head of a room; null for one that is not known.</summary>
    public async Task<ReadHead?> Head(RoomId room, CancellationToken cancel)
    {
        await using var command = Command(HeadSql, room);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel)
            ? new ReadHead(
                reader.GetInt32(0), reader.GetInt32(1), reader.GetInt64(2), reader.GetInt64(3),
                [.. reader.GetFieldValue<string[]>(4).Select(EventId.Parse)])
            : null;
    }

    /// <summary>The whole state, parsed; empty for a room that is not known.</summary>
    public Task<IReadOnlyDictionary<StateSlot, Pdu>> State(RoomId room, CancellationToken cancel) => Parse(room, Events(room, types: null, cancel), cancel);

    /// <summary>The state of one type, parsed.</summary>
    public Task<IReadOnlyDictionary<StateSlot, Pdu>> State(RoomId room, string type, CancellationToken cancel) =>
        Parse(room, Events(room, [type], cancel), cancel);

    /// <summary>Some slots, parsed; those that are empty are left out.</summary>
    public Task<IReadOnlyDictionary<StateSlot, Pdu>> State(RoomId room, IReadOnlyCollection<StateSlot> slots, CancellationToken cancel) =>
        Parse(room, Events(room, slots, cancel), cancel);

    /// <summary>The state as it is stored, of these types or all.</summary>
    public async Task<Dictionary<StateSlot, ReadEvent>> Events(RoomId room, IReadOnlyCollection<string>? types, CancellationToken cancel)
    {
        await using var command = Command(StateSql, room);
        command.Parameters.Add(new NpgsqlParameter<string[]?> { TypedValue = types is null ? null : [.. types], NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Array | NpgsqlTypes.NpgsqlDbType.Text });
        return await Read(command, cancel);
    }

    /// <summary>Slots as they are stored.</summary>
    public async Task<Dictionary<StateSlot, ReadEvent>> Events(RoomId room, IReadOnlyCollection<StateSlot> slots, CancellationToken cancel)
    {
        await using var command = Command(SlotsSql, room);
        command.Parameters.Add(Sql.Array([.. slots.Select(slot => slot.Type)]));
        command.Parameters.Add(Sql.Array([.. slots.Select(slot => slot.StateKey)]));
        return await Read(command, cancel);
    }

    NpgsqlCommand Command(string sql, RoomId room)
    {
        var command = db.CreateCommand(sql);
        command.Parameters.Add(Sql.Of(room.Value));
        return command;
    }

    static async Task<Dictionary<StateSlot, ReadEvent>> Read(NpgsqlCommand command, CancellationToken cancel)
    {
        var events = new Dictionary<StateSlot, ReadEvent>();
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            events[new StateSlot(reader.GetString(0), reader.GetString(1))] =
                new ReadEvent(EventId.Parse(reader.GetString(2)), reader.GetFieldValue<byte[]>(3), reader.GetBoolean(4));
        }
        return events;
    }

    async Task<IReadOnlyDictionary<StateSlot, Pdu>> Parse(RoomId room, Task<Dictionary<StateSlot, ReadEvent>> reading, CancellationToken cancel)
    {
        var events = await reading;
        if (events.Count == 0 || await Version(room, cancel) is not { } version)
            return new Dictionary<StateSlot, Pdu>();
        return events.ToDictionary(each => each.Key, each => PduReader.ReadStored(each.Value.Json, version, each.Value.Id, each.Value.Redacted));
    }
}

/// <summary>The numbers of a room's head.</summary>
sealed record ReadHead(int Joined, int Invited, long Depth, long Sequence, IReadOnlyList<EventId> Extremities);
