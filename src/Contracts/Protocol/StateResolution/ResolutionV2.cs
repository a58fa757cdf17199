namespace Matrix.Bus.Protocol;

/// <summary>State resolution of room versions 2 to 11, and with its changes that of version 12 (MSC4297).</summary>
sealed class ResolutionV2(RoomVersion version, IEventGraph graph)
{
    readonly ParsedEvents events = new(version, graph);

    public IReadOnlyDictionary<StateSlot, EventId> Resolve(StateConflicts conflicts, IReadOnlyList<IReadOnlyDictionary<StateSlot, EventId>> stateSets)
    {
        var startsEmpty = version.StateResolution == StateResolutionAlgorithm.V21;
        var conflicted = FullConflictedSet(conflicts, stateSets);
        var powerEvents = PowerEventsIn(conflicted);

        var checks = new IterativeAuthChecks(events, startsEmpty ? [] : new(conflicts.Unconflicted));
        checks.Apply(PowerOrdering.Sort(powerEvents.Values, events));

        var powerLevels = checks.State.TryGetValue(StateSlot.PowerLevels, out var id) ? events.Find(id) : null;
        checks.Apply(new MainlineOrdering(events, powerLevels).Sort(conflicted.Values.Where(pdu => !powerEvents.ContainsKey(pdu.EventId))));

        foreach (var (slot, unconflicted) in conflicts.Unconflicted)
            checks.State[slot] = unconflicted;
        return checks.State;
    }

    Dictionary<EventId, Pdu> FullConflictedSet(StateConflicts conflicts, IReadOnlyList<IReadOnlyDictionary<StateSlot, EventId>> stateSets)
    {
        var full = new Dictionary<EventId, Pdu>();
        Add(conflicts.Conflicted);
        Add(graph.AuthDifference(stateSets));
        if (version.StateResolution == StateResolutionAlgorithm.V21)
            Add(graph.ConflictedSubgraph(conflicts.Conflicted));
        return full;

        void Add(IEnumerable<EventId> ids)
        {
            foreach (var id in ids)
            {
                if (events.Find(id) is { IsState: true } pdu)
                    full.TryAdd(id, pdu);
            }
        }
    }

    /// <summary>
    /// The power events and what authorises them, within the full conflicted set. Chains that leave the set and come back are
    /// not followed: no server in use does, and agreeing with them is what state resolution is for. From version 12 on
    /// the conflicted subgraph leaves no such chains.
    /// </summary>
    static Dictionary<EventId, Pdu> PowerEventsIn(Dictionary<EventId, Pdu> conflicted)
    {
        var chosen = new Dictionary<EventId, Pdu>();
        var pending = new Stack<Pdu>();
        foreach (var pdu in conflicted.Values)
        {
            if (IsPowerEvent(pdu) && chosen.TryAdd(pdu.EventId, pdu))
                pending.Push(pdu);
        }
        while (pending.TryPop(out var pdu))
        {
            foreach (var id in pdu.AuthEvents)
            {
                if (conflicted.TryGetValue(id, out var auth) && chosen.TryAdd(id, auth))
                    pending.Push(auth);
            }
        }
        return chosen;
    }

    /// <summary>Events that may take away what somebody may do. Levels and join rules under another state key than the empty
    /// one authorise nothing and are none; a create event stands before all others and is one.</summary>
    static bool IsPowerEvent(Pdu pdu) => pdu.Type switch
    {
        EventTypes.PowerLevels or EventTypes.JoinRules or EventTypes.Create => pdu.StateKey is "",
        EventTypes.Member => pdu.StateKey != pdu.Sender.Value && Memberships.Of(pdu) is Membership.Leave or Membership.Ban,
        _ => false,
    };
}
