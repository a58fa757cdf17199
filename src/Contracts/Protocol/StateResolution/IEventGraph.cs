namespace Matrix.Bus.Protocol;

/// <summary>
/// The events that state resolution works on. The two set operations have implementations that load the auth chains through
/// <see cref="Find"/>; whoever keeps a room's auth graph at hand answers them from it.
/// </summary>
public interface IEventGraph
{
    /// <summary>The event of that id, or null if it is not known. Must answer the same each time.</summary>
    Pdu? Find(EventId id);

    /// <summary>True if the event was rejected: it then authorises nothing.</summary>
    bool IsRejected(EventId id) => false;

    /// <summary>
    /// The auth difference: every event that is in the auth chain of some of the states and not of all. Whether the events
    /// of the states themselves are counted in makes no difference to a resolution.
    /// </summary>
    IReadOnlyCollection<EventId> AuthDifference(IReadOnlyList<IReadOnlyDictionary<StateSlot, EventId>> stateSets) =>
        AuthGraph.Load(this, stateSets.SelectMany(set => set.Values)).AuthDifference(stateSets);

    /// <summary>The conflicted state subgraph (room version 12): every event on a path along auth events from one of these
    /// events to another, both ends included.</summary>
    IReadOnlyCollection<EventId> ConflictedSubgraph(IReadOnlyCollection<EventId> conflicted) =>
        AuthGraph.Load(this, conflicted).ConflictedSubgraph(conflicted);
}

/// <summary>An <see cref="IEventGraph"/> over events in memory.</summary>
public sealed class EventGraph : IEventGraph
{
    readonly Dictionary<EventId, Pdu> events = [];
    readonly HashSet<EventId> rejected = [];

    /// <summary>Of these events; of several with one id the first counts.</summary>
    public EventGraph(IEnumerable<Pdu> events)
    {
        foreach (var pdu in events)
            this.events.TryAdd(pdu.EventId, pdu);
    }

    /// <inheritdoc/>
    public Pdu? Find(EventId id) => events.GetValueOrDefault(id);

    /// <inheritdoc/>
    public bool IsRejected(EventId id) => rejected.Contains(id);

    /// <summary>Remembers that the event was rejected.</summary>
    public void Reject(EventId id) => rejected.Add(id);
}
