using Matrix.Bus.Messages;
using Matrix.Bus.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Matrix.Bus.RoomServer;

/// <summary>Resolves the states of a room's branches, over events that it loads as the resolution asks for them.</summary>
sealed class ForkResolution([FromKeyedServices(ComponentNames.RoomServer)] NpgsqlDataSource db)
{
    // One covering index, in order.
    const string EdgesSql = "SELECT event_nid, auth FROM rooms.event WHERE room_nid = $1 AND state_key_id <> 0 ORDER BY event_nid";

    const string EventsSql = """
        SELECT e.event_nid, e.event_id, e.type_id, e.state_key_id, j.json, j.redacted, e.verdict
        FROM rooms.event e JOIN rooms.event_json j USING (event_nid)
        WHERE e.room_nid = $1 AND (e.event_nid = ANY($2) OR e.event_id = ANY($3))
        """;

    /// <summary>The resolved state, sorted by slot.</summary>
    /// <param name="head">The room.</param>
    /// <param name="states">The states of the branches, at most 64.</param>
    /// <param name="fresh">An event of one of them that is not stored yet.</param>
    /// <param name="cancel">Stops it.</param>
    public async Task<SlotEvent[]> Resolve(RoomHead head, IReadOnlyList<SlotEvent[]> states, FreshEvent? fresh, CancellationToken cancel)
    {
        if (states.Count == 1)
            return states[0];

        var conflicted = Conflicted(states);
        if (conflicted.Count == 0)
            return states[0];
        var edges = await Edges(head, fresh, cancel);
        var graph = new Graph(edges);
        if (fresh is not null)
            graph.Add(fresh.Nid, fresh.Pdu, fresh.Slot, rejected: false);
        var closure = edges.Closure(conflicted);
        await Load(head, graph, [.. states.SelectMany(state => state).Select(slot => slot.Event).Concat(closure).Distinct()], [], cancel);

        var sets = states.Select(graph.ToIds).ToList();
        while (true)
        {
            var resolved = StateResolver.Resolve(head.Version, sets, graph);
            // What it asked for and was not there may be stored: if so, the answer may be another one.
            if (graph.Missed.Count == 0 || !await Load(head, graph, [], [.. graph.Missed], cancel))
                return [.. resolved.Values.Select(graph.SlotOf).Order()];
        }
    }

    /// <summary>The events of slots that are not the same in all states.</summary>
    static HashSet<long> Conflicted(IReadOnlyList<SlotEvent[]> states)
    {
        var conflicted = new HashSet<long>();
        for (var i = 1; i < states.Count; i++)
        {
            foreach (var slot in StateDelta.Difference(states[0], states[i]).Concat(StateDelta.Difference(states[i], states[0])))
            {
                if (slot.Event != 0)
                    conflicted.Add(slot.Event);
            }
        }
        return conflicted;
    }

    async Task<AuthEdges> Edges(RoomHead head, FreshEvent? fresh, CancellationToken cancel)
    {
        var events = new List<(long, long[])>();
        await using var command = db.CreateCommand(EdgesSql);
        command.Parameters.Add(Sql.Of(head.Nid));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            events.Add((reader.GetInt64(0), Varint.Unpack(reader.GetFieldValue<byte[]>(1))));
        if (fresh is not null)
            events.Add((fresh.Nid, fresh.Auth));
        return new AuthEdges(events);
    }

    async Task<bool> Load(RoomHead head, Graph graph, long[] nids, string[] ids, CancellationToken cancel)
    {
        graph.Missed.Clear();
        await using var command = db.CreateCommand(EventsSql);
        command.Parameters.Add(Sql.Of(head.Nid));
        command.Parameters.Add(Sql.Array(nids));
        command.Parameters.Add(Sql.Array(ids));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var any = false;
        while (await reader.ReadAsync(cancel))
        {
            var pdu = PduReader.ReadStored(reader.GetFieldValue<byte[]>(4), head.Version, EventId.Parse(reader.GetString(1)), reader.GetBoolean(5));
            var slot = new SlotEvent(reader.GetInt32(2), reader.GetInt64(3), reader.GetInt64(0));
            any |= graph.Add(slot.Event, pdu, slot, reader.GetInt16(6) == (short)Messages.Rooms.EventVerdict.Rejected);
        }
        return any;
    }

    sealed class Graph(AuthEdges edges) : IEventGraph
    {
        readonly Dictionary<EventId, (Pdu Pdu, SlotEvent Slot, bool Rejected)> _events = [];
        readonly Dictionary<long, EventId> _ids = [];

        /// <summary>What was asked for and is not here.</summary>
        public HashSet<string> Missed { get; } = [];

        public bool Add(long nid, Pdu pdu, SlotEvent slot, bool rejected)
        {
            _ids[nid] = pdu.EventId;
            return _events.TryAdd(pdu.EventId, (pdu, slot, rejected));
        }

        public IReadOnlyDictionary<StateSlot, EventId> ToIds(SlotEvent[] state)
        {
            var ids = new Dictionary<StateSlot, EventId>(state.Length);
            foreach (var slot in state)
            {
                var id = _ids[slot.Event];
                ids[StateSlot.Of(_events[id].Pdu)!.Value] = id;
            }
            return ids;
        }

        public SlotEvent SlotOf(EventId id) => _events[id].Slot;

        public Pdu? Find(EventId id)
        {
            if (_events.TryGetValue(id, out var found))
                return found.Pdu;
            Missed.Add(id.Value);
            return null;
        }

        public bool IsRejected(EventId id) => _events.TryGetValue(id, out var found) && found.Rejected;

        public IReadOnlyCollection<EventId> AuthDifference(IReadOnlyList<IReadOnlyDictionary<StateSlot, EventId>> stateSets) =>
            Named(edges.Difference([.. stateSets.Select(set => (IReadOnlyCollection<long>)[.. set.Values.Select(id => _events[id].Slot.Event)])]));

        public IReadOnlyCollection<EventId> ConflictedSubgraph(IReadOnlyCollection<EventId> conflicted) =>
            Named(edges.Between([.. conflicted.Where(_events.ContainsKey).Select(id => _events[id].Slot.Event)]));

        List<EventId> Named(List<long> nids)
        {
            var named = new List<EventId>(nids.Count);
            foreach (var nid in nids)
            {
                // All of it lies in the auth chains of conflicted events, which are loaded.
                if (_ids.TryGetValue(nid, out var id))
                    named.Add(id);
            }
            return named;
        }
    }
}

/// <summary>A state event that is being judged: it has its number and is not stored yet.</summary>
sealed record FreshEvent(long Nid, Pdu Pdu, SlotEvent Slot, long[] Auth);
