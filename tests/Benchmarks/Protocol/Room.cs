using System.Text;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.Benchmarks.Protocol;

/// <summary>A room that grows event by event, all by one server.</summary>
sealed class Room(RoomVersion version)
{
    readonly List<Pdu> _events = [];
    readonly Dictionary<EventId, Pdu> _known = [];
    readonly Dictionary<StateSlot, EventId> _state = [];
    RoomId? _id;

    public static ServerName Server { get; } = ServerName.Parse("example.org");

    public static SigningKey Key { get; } = SigningKey.FromSeed("1", new byte[32]);

    static UserId Creator { get; } = UserId.Parse("@creator:example.org");

    public IReadOnlyList<Pdu> Events => _events;

    public IReadOnlyDictionary<StateSlot, EventId> State => _state;

    public Pdu? Find(StateSlot slot) => _state.TryGetValue(slot, out var id) ? _known[id] : null;

    /// <summary>Creates the room and joins its members.</summary>
    public void Open(int members)
    {
        _id = version.RoomIdIsCreateHash ? null : RoomId.Parse("!room:example.org");
        Append(EventTypes.Create, "", version.RoomIdIsCreateHash || version.CreatorIsSender
            ? $$"""{"room_version":"{{version.Id}}"}""" : $$"""{"room_version":"{{version.Id}}","creator":"{{Creator}}"}""");
        _id ??= RoomId.Parse("!" + _events[0].EventId.Value[1..]);
        Append(EventTypes.Member, Creator.Value, """{"membership":"join"}""");
        Append(EventTypes.PowerLevels, "", version.RoomIdIsCreateHash
            ? """{"events_default":0,"state_default":50}""" : $$"""{"events_default":0,"state_default":50,"users":{"{{Creator}}":100} }""");
        Append(EventTypes.JoinRules, "", """{"join_rule":"public"}""");
        for (var i = 0; i < members; i++)
        {
            var user = UserId.Parse($"@member{i}:example.org");
            Append(EventTypes.Member, user.Value, """{"membership":"join"}""", user);
        }
    }

    /// <summary>A message that follows the newest event.</summary>
    public EventTemplate Message(string body) => Template(EventTypes.Message, null, $$"""{"msgtype":"m.text","body":"{{body}}"}""", Creator);

    /// <summary>Appends a state event.</summary>
    /// <param name="type">Its type.</param>
    /// <param name="stateKey">Its state key.</param>
    /// <param name="content">Its content.</param>
    /// <param name="sender">By whom; null for the creator.</param>
    /// <param name="enters">Whether it becomes part of the state.</param>
    public Pdu Append(string type, string stateKey, string content, UserId? sender = null, bool enters = true)
    {
        var pdu = PduBuilder.Build(Template(type, stateKey, content, sender ?? Creator), Key, Server);
        _events.Add(pdu);
        _known[pdu.EventId] = pdu;
        if (enters)
            _state[StateSlot.Of(pdu)!.Value] = pdu.EventId;
        return pdu;
    }

    EventTemplate Template(string type, string? stateKey, string content, UserId sender)
    {
        var slots = new List<StateSlot> { StateSlot.PowerLevels, StateSlot.Member(sender) };
        if (!version.RoomIdIsCreateHash)
            slots.Add(StateSlot.Create);
        if (type == EventTypes.Member)
            slots.Add(StateSlot.JoinRules);
        return new EventTemplate
        {
            Version = version,
            RoomId = type == EventTypes.Create && version.RoomIdIsCreateHash ? null : _id,
            Sender = sender,
            Type = type,
            StateKey = stateKey,
            Content = new RawJson(Encoding.UTF8.GetBytes(content)),
            OriginServerTs = 1_700_000_000_000 + _events.Count,
            Depth = _events.Count + 1,
            PrevEvents = _events.Count == 0 ? [] : [_events[^1].EventId],
            AuthEvents = type == EventTypes.Create ? [] : [.. slots.Where(_state.ContainsKey).Select(slot => _state[slot])],
        };
    }
}
