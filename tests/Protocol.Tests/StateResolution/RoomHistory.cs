using System.Globalization;
using System.Text.Json;

namespace Matrix.Bus.Protocol.Tests.StateResolution;

/// <summary>Builds a room's events with ids as names, and resolves states over them.</summary>
sealed class RoomHistory : IEventGraph
{
    public const string Alice = "@alice:example.org";
    public const string Bob = "@bob:example.org";
    public const string Carol = "@carol:example.org";

    readonly Dictionary<EventId, Pdu> events = [];
    readonly HashSet<EventId> rejected = [];
    readonly RoomId roomId;

    public RoomHistory(int version)
    {
        Version = RoomVersion.Of(version);
        roomId = RoomId.Parse(version >= 12 ? "!create" : "!room:example.org");
        Add("create", Alice, EventTypes.Create, "", $$"""{"creator":"{{Alice}}"}""", []);
        Add("alice", Alice, EventTypes.Member, Alice, """{"membership":"join"}""", ["create"]);
    }

    public RoomVersion Version { get; }

    public IReadOnlyCollection<Pdu> Events => events.Values;

    /// <summary>Adds an event; from version 12 on the create event falls out of its auth events. Time is the number of events,
    /// unless given.</summary>
    public Pdu Add(string id, string sender, string type, string? stateKey, string content, string[] auth, long? time = null, string[]? prev = null, long? depth = null)
    {
        var pdu = new Pdu
        {
            Version = Version,
            EventId = EventId.Parse("$" + id),
            RoomId = roomId,
            Sender = UserId.Parse(sender),
            Type = type,
            StateKey = stateKey,
            OriginServerTs = time ?? events.Count,
            Depth = depth ?? events.Count,
            PrevEvents = (prev ?? (id == "create" ? [] : id == "alice" ? ["create"] : ["before"])).Select(name => EventId.Parse("$" + name)).ToArray(),
            AuthEvents = auth.Where(name => Version.Number < 12 || name != "create").Select(name => EventId.Parse("$" + name)).ToArray(),
            Content = JsonElement.Parse(content),
            Json = default,
        };
        events.Add(pdu.EventId, pdu);
        return pdu;
    }

    public void Levels(string id, string sender, string users, string[] auth, long? time = null, long? depth = null) =>
        Add(id, sender, EventTypes.PowerLevels, "", $$$"""{"users":{{{{Users(users)}}}}}""", auth, time, depth: depth);

    public void Join(string id, string user, string[] auth, long? time = null) => Add(id, user, EventTypes.Member, user, """{"membership":"join"}""", auth, time);

    public void Topic(string id, string sender, string[] auth, long? time = null, long? depth = null) =>
        Add(id, sender, "m.room.topic", "", "{}", auth, time, depth: depth);

    public void Reject(string id) => rejected.Add(EventId.Parse("$" + id));

    public Pdu? Find(EventId id) => events.GetValueOrDefault(id);

    public bool IsRejected(EventId id) => rejected.Contains(id);

    public IReadOnlyDictionary<StateSlot, EventId> State(params string[] ids)
    {
        var state = new Dictionary<StateSlot, EventId>();
        foreach (var id in ids)
            state.Add(StateSlot.Of(events[EventId.Parse("$" + id)])!.Value, EventId.Parse("$" + id));
        return state;
    }

    /// <summary>Resolves states given by the names of their events.</summary>
    public string[] Resolve(params string[][] states) =>
        [.. StateResolver.Resolve(Version, [.. states.Select(state => State(state))], this).Values.Select(id => id.Value[1..]).Order(StringComparer.Ordinal)];

    public static string Number(int n) => n.ToString("d6", CultureInfo.InvariantCulture);

    /// <summary>In version 12 the creator, Alice, must not be listed.</summary>
    string Users(string users) => string.Join(',', users.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        .Where(user => Version.Number < 12 || !user.StartsWith("alice", StringComparison.Ordinal))
        .Select(user => user.Split('=')).Select(parts => $"\"@{parts[0]}:example.org\":{parts[1]}"));
}
