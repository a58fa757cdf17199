using Matrix.Bus.Messages;
using Matrix.Bus.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Matrix.Bus.RoomServer;

/// <summary>Brings rooms and parts of their state into memory.</summary>
sealed class RoomLoading([FromKeyedServices(ComponentNames.RoomServer)] NpgsqlDataSource db)
{
    const string HeadsSql = """
        SELECT r.room_nid, r.room_id, r.version, h.sequence, h.depth, h.joined, h.invited, h.extremities,
            ARRAY(SELECT e.event_id FROM unnest(h.extremities) WITH ORDINALITY AS x(nid, place) JOIN rooms.event e ON e.event_nid = x.nid ORDER BY place),
            h.snapshot_nid, s.l1_nid, s.delta, l1.l0_nid, l1.l0_count
        FROM rooms.room r JOIN rooms.head h USING (room_nid)
            LEFT JOIN rooms.snapshot s USING (snapshot_nid)
            LEFT JOIN rooms.snapshot_l1 l1 ON l1.l1_nid = s.l1_nid
        WHERE r.room_id = ANY($1)
        """;

    // What every event is authorised by.
    const string CoreSql = """
        SELECT r.room_id, t.type, '', e.event_nid, e.event_id, j.json, j.redacted
        FROM rooms.room r
            JOIN rooms.current_state c USING (room_nid)
            JOIN rooms.event_type t USING (type_id)
            JOIN rooms.event e USING (event_nid)
            JOIN rooms.event_json j USING (event_nid)
        WHERE r.room_id = ANY($1) AND t.type IN ('m.room.create', 'm.room.power_levels', 'm.room.join_rules')
            AND c.state_key_id = (SELECT state_key_id FROM rooms.state_key WHERE state_key = '')
        """;

    const string SlotsSql = """
        SELECT want.room_id, want.type, want.key, e.event_nid, e.event_id, j.json, j.redacted
        FROM unnest($1, $2, $3) AS want(room_id, type, key)
            JOIN rooms.room r ON r.room_id = want.room_id
            JOIN rooms.event_type t ON t.type = want.type
            JOIN rooms.state_key k ON k.state_key = want.key
            JOIN rooms.current_state c ON c.room_nid = r.room_nid AND c.type_id = t.type_id AND c.state_key_id = k.state_key_id
            JOIN rooms.event e ON e.event_nid = c.event_nid
            JOIN rooms.event_json j ON j.event_nid = c.event_nid
        """;

    /// <summary>The heads of those rooms that exist, with the slots every event needs.</summary>
    public async Task<List<RoomHead>> Heads(IReadOnlyCollection<RoomId> rooms, CancellationToken cancel)
    {
        string[] ids = [.. rooms.Select(room => room.Value)];
        await using var connection = await db.OpenConnectionAsync(cancel);
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(Sql.Command(HeadsSql, Sql.Array(ids)));
        batch.BatchCommands.Add(Sql.Command(CoreSql, Sql.Array(ids)));
        await using var reader = await batch.ExecuteReaderAsync(cancel);

        var heads = new Dictionary<string, RoomHead>();
        while (await reader.ReadAsync(cancel))
            heads[reader.GetString(1)] = ReadHead(reader);
        await reader.NextResultAsync(cancel);
        while (await reader.ReadAsync(cancel))
            ReadSlot(reader, heads[reader.GetString(0)]);
        foreach (var head in heads.Values)
        {
            head.Load(StateSlot.Create, StateEntry.Absent);
            head.Load(StateSlot.PowerLevels, StateEntry.Absent);
            head.Load(StateSlot.JoinRules, StateEntry.Absent);
        }
        return [.. heads.Values];
    }

    /// <summary>Loads slots into heads; those that the state does not fill are then known to be empty.</summary>
    public async Task Slots(IReadOnlyCollection<(RoomHead Head, StateSlot Slot)> wanted, CancellationToken cancel)
    {
        var heads = new Dictionary<string, RoomHead>();
        foreach (var (head, _) in wanted)
            heads[head.RoomId.Value] = head;
        await using var command = db.CreateCommand(SlotsSql);
        command.Parameters.Add(Sql.Array([.. wanted.Select(each => each.Head.RoomId.Value)]));
        command.Parameters.Add(Sql.Array([.. wanted.Select(each => each.Slot.Type)]));
        command.Parameters.Add(Sql.Array([.. wanted.Select(each => each.Slot.StateKey)]));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            ReadSlot(reader, heads[reader.GetString(0)]);
        foreach (var (head, slot) in wanted)
            head.Load(slot, StateEntry.Absent);
    }

    static RoomHead ReadHead(NpgsqlDataReader reader)
    {
        var nids = reader.GetFieldValue<long[]>(7);
        var ids = reader.GetFieldValue<string[]>(8);
        var level1 = reader.IsDBNull(10) ? 0 : reader.GetInt64(10);
        var level0 = reader.IsDBNull(12) ? 0 : reader.GetInt64(12);
        return new RoomHead
        {
            Nid = reader.GetInt64(0),
            RoomId = RoomId.Parse(reader.GetString(1)),
            Version = RoomVersion.Find(reader.GetString(2)) ?? throw new InvalidOperationException($"{reader.GetString(1)} has the unknown version {reader.GetString(2)}."),
            Sequence = reader.GetInt64(3),
            Depth = reader.GetInt64(4),
            Joined = reader.GetInt32(5),
            Invited = reader.GetInt32(6),
            Extremities = [.. nids.Zip(ids, (nid, id) => new Extremity(nid, EventId.Parse(id)))],
            Snapshot = new SnapshotCursor
            {
                Nid = reader.GetInt64(9),
                Delta = reader.IsDBNull(11) ? [] : StateDelta.Unpack(reader.GetFieldValue<byte[]>(11)),
                Level1Nid = level1,
                Level1 = level1 == 0 ? [] : null,
                Level0Nid = level0,
                Level0Count = reader.IsDBNull(13) ? 0 : reader.GetInt32(13),
                Level0 = level0 == 0 ? [] : null,
            },
        };
    }

    static void ReadSlot(NpgsqlDataReader reader, RoomHead head)
    {
        var pdu = PduReader.ReadStored(reader.GetFieldValue<byte[]>(5), head.Version, EventId.Parse(reader.GetString(4)), reader.GetBoolean(6));
        head.Load(new StateSlot(reader.GetString(1), reader.GetString(2)), new StateEntry(pdu, reader.GetInt64(3)));
    }
}
