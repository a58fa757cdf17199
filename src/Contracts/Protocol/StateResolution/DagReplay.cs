using System.Collections.Immutable;

namespace Matrix.Bus.Protocol;

/// <summary>What replaying the events of a room gives.</summary>
public sealed record DagReplayResult
{
    /// <summary>The state after all forward extremities, resolved.</summary>
    public required IReadOnlyDictionary<StateSlot, EventId> State { get; init; }

    /// <summary>The accepted events that no accepted event follows.</summary>
    public required IReadOnlyList<EventId> ForwardExtremities { get; init; }

    /// <summary>The events that the authorisation rules refuse, with the refusing rule.</summary>
    public required IReadOnlyDictionary<EventId, AuthVerdict> Rejected { get; init; }
}

/// <summary>
/// Replays a room from its events: authorises each by its auth events and by the state before it, and resolves the state
/// wherever branches meet. The order of the events given does not matter.
/// </summary>
/// <remarks>
/// An event whose previous events are all unknown starts from the state that its auth events make up. Events on or
/// behind cycles of previous or auth events cannot be placed and take no part.
/// </remarks>
public sealed class DagReplay
{
    static readonly ImmutableDictionary<StateSlot, EventId> EmptyState = ImmutableDictionary<StateSlot, EventId>.Empty;

    readonly RoomVersion version;
    readonly EventGraph graph;
    readonly ParsedEvents events;
    readonly Dictionary<EventId, AuthVerdict> rejected = [];

    DagReplay(RoomVersion version, IReadOnlyList<Pdu> pdus)
    {
        this.version = version;
        graph = new EventGraph(pdus);
        events = new ParsedEvents(version, graph);
    }

    /// <summary>Replays these events; of several with one id the first counts.</summary>
    public static DagReplayResult Run(RoomVersion version, IReadOnlyList<Pdu> pdus) =>
        new DagReplay(version, pdus).Run([.. pdus.DistinctBy(pdu => pdu.EventId)]);

    DagReplayResult Run(Pdu[] pdus)
    {
        var order = new DagOrder(pdus);
        var after = new ImmutableDictionary<StateSlot, EventId>?[pdus.Length];
        var awaited = order.ChildCounts();
        var followed = new bool[pdus.Length];
        foreach (var n in order.Sorted)
        {
            var before = StateBefore(pdus[n], order.PrevOf(n), after);
            var verdict = Check(pdus[n], before);
            if (verdict.Allowed)
            {
                after[n] = StateSlot.Of(pdus[n]) is { } slot ? before.SetItem(slot, pdus[n].EventId) : before;
                foreach (var prev in order.PrevOf(n))
                    followed[prev] = true;
            }
            else
            {
                after[n] = before;
                rejected.Add(pdus[n].EventId, verdict);
                graph.Reject(pdus[n].EventId);
            }
            // A state that only followed events led to is not asked for again.
            foreach (var prev in order.PrevOf(n))
            {
                if (--awaited[prev] == 0 && followed[prev])
                    after[prev] = null;
            }
        }

        var extremities = order.Sorted.Where(n => !followed[n] && !rejected.ContainsKey(pdus[n].EventId)).ToList();
        return new DagReplayResult
        {
            State = Resolve(extremities.ConvertAll(n => after[n]!)),
            ForwardExtremities = [.. extremities.Select(n => pdus[n].EventId).Order()],
            Rejected = rejected,
        };
    }

    ImmutableDictionary<StateSlot, EventId> StateBefore(Pdu pdu, ReadOnlySpan<int> prev, ImmutableDictionary<StateSlot, EventId>?[] after)
    {
        if (prev.IsEmpty)
            return pdu.Type == EventTypes.Create ? EmptyState : AuthState(pdu).ToImmutable();
        var states = new List<ImmutableDictionary<StateSlot, EventId>>(prev.Length);
        foreach (var n in prev)
            states.Add(after[n]!);
        return Resolve(states);
    }

    ImmutableDictionary<StateSlot, EventId> Resolve(List<ImmutableDictionary<StateSlot, EventId>> states)
    {
        if (states.Count == 0)
            return EmptyState;
        var resolved = StateResolver.Resolve(version, states, graph);
        if (resolved is ImmutableDictionary<StateSlot, EventId> same)
            return same;
        // Derived from one of the states, so that what is alike is shared.
        var state = states[0].ToBuilder();
        state.RemoveRange(states[0].Keys.Where(slot => !resolved.ContainsKey(slot)).ToList());
        foreach (var (slot, id) in resolved)
        {
            if (!state.TryGetValue(slot, out var was) || was != id)
                state[slot] = id;
        }
        return state.ToImmutable();
    }

    AuthVerdict Check(Pdu pdu, ImmutableDictionary<StateSlot, EventId> before)
    {
        var verdict = AuthRules.CheckAuthEvents(pdu, events.Find, graph.IsRejected);
        if (verdict.Allowed)
            verdict = AuthRules.Check(pdu, new StateContext(events, pdu, AuthState(pdu).ToImmutable()));
        return verdict.Allowed ? AuthRules.Check(pdu, new StateContext(events, pdu, before)) : verdict;
    }

    ImmutableDictionary<StateSlot, EventId>.Builder AuthState(Pdu pdu)
    {
        var state = EmptyState.ToBuilder();
        foreach (var id in pdu.AuthEvents)
        {
            if (events.Find(id) is { } auth && StateSlot.Of(auth) is { } slot && !graph.IsRejected(id))
                state[slot] = id;
        }
        return state;
    }

    sealed class StateContext(ParsedEvents events, Pdu pdu, ImmutableDictionary<StateSlot, EventId> state) : IAuthContext
    {
        public RoomCreation? Creation =>
            (events.Version.RoomIdIsCreateHash ? events.CreateOf(pdu.RoomId) : Find(StateSlot.Create)) is { } create ? events.Creation(create) : null;

        public PowerLevels PowerLevels => events.Levels(Find(StateSlot.PowerLevels), Creation);

        public string JoinRule => AuthContext.JoinRuleOf(Find(StateSlot.JoinRules));

        public Membership MembershipOf(string user) => Memberships.Of(Find(new StateSlot(EventTypes.Member, user)));

        public Pdu? ThirdPartyInvite(string token) => Find(new StateSlot(EventTypes.ThirdPartyInvite, token));

        Pdu? Find(StateSlot slot) => state.TryGetValue(slot, out var id) ? events.Find(id) : null;
    }
}
