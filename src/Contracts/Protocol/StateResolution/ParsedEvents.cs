namespace Matrix.Bus.Protocol;

/// <summary>The events of one resolution, asked of the graph once each, and what was parsed from them.</summary>
sealed class ParsedEvents(RoomVersion version, IEventGraph graph)
{
    /// <summary>Parsed levels may be much larger than their event; few are in use at a time.</summary>
    const int MaxLevels = 256;

    readonly Dictionary<EventId, Pdu?> events = [];
    readonly Dictionary<Pdu, RoomCreation> creations = [];
    readonly Dictionary<(Pdu?, RoomCreation?), PowerLevels> levels = [];

    public RoomVersion Version => version;

    public Pdu? Find(EventId id)
    {
        if (!events.TryGetValue(id, out var pdu))
            events[id] = pdu = graph.Find(id);
        return pdu;
    }

    /// <summary>The auth event of an event that fills the slot and was not rejected.</summary>
    public Pdu? AuthEvent(Pdu pdu, StateSlot slot)
    {
        foreach (var id in pdu.AuthEvents)
        {
            if (Find(id) is { } auth && auth.IsStateOf(slot.Type, slot.StateKey) && !graph.IsRejected(id))
                return auth;
        }
        return null;
    }

    /// <summary>The create event that authorises an event: named by its room from version 12 on, an auth event before.</summary>
    public RoomCreation? CreationFor(Pdu pdu) =>
        (version.RoomIdIsCreateHash ? CreateOf(pdu.RoomId) : AuthEvent(pdu, StateSlot.Create)) is { } create ? Creation(create) : null;

    public Pdu? CreateOf(RoomId room) =>
        EventId.TryParse(string.Concat("$", room.Value.AsSpan(1)), out var id) && Find(id) is { } create && create.IsStateOf(EventTypes.Create, "")
            && !graph.IsRejected(id)
            ? create
            : null;

    public RoomCreation Creation(Pdu create)
    {
        if (!creations.TryGetValue(create, out var creation))
            creations[create] = creation = RoomCreation.Of(create);
        return creation;
    }

    public PowerLevels Levels(Pdu? powerLevels, RoomCreation? creation)
    {
        if (!levels.TryGetValue((powerLevels, creation), out var parsed))
        {
            if (levels.Count == MaxLevels)
                levels.Clear();
            levels[(powerLevels, creation)] = parsed = PowerLevels.Parse(version, powerLevels, creation);
        }
        return parsed;
    }
}
