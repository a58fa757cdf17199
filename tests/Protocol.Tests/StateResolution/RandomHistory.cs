using System.Text.Json;

namespace Matrix.Bus.Protocol.Tests.StateResolution;

/// <summary>A room's history drawn from a seed: servers that see different parts of it send into it at the same time.</summary>
sealed class RandomHistory
{
    static readonly string[] Users = ["@alice:a.org", "@bob:b.org", "@carol:c.org", "@dan:b.org"];

    readonly Random random;
    readonly RandomJson json;
    readonly bool hostile;
    readonly RoomId roomId;
    readonly Dictionary<EventId, IReadOnlyDictionary<StateSlot, EventId>> after = [];

    /// <param name="seed">Where everything is drawn from.</param>
    /// <param name="size">How many events.</param>
    /// <param name="hostile">Whether contents are random JSON, and auth and previous events point anywhere, in cycles too.</param>
    public RandomHistory(int seed, int size, bool hostile = false)
    {
        random = new Random(seed);
        json = new RandomJson(seed);
        this.hostile = hostile;
        Version = RoomVersion.Of(random.Next(1, 13));
        roomId = RoomId.Parse(Version.RoomIdIsCreateHash ? "!0:a.org" : "!room:a.org");

        Append(Users[0], EventTypes.Create, "", $$"""{"creator":"{{Users[0]}}"}""", []);
        Append(Users[0], EventTypes.Member, Users[0], """{"membership":"join"}""", [Events[0]]);
        Append(Users[0], EventTypes.PowerLevels, "", Version.PrivilegedCreators ? "{}" : $$$"""{"users":{"{{{Users[0]}}}":100}}""", [Events[1]]);
        Append(Users[0], EventTypes.JoinRules, "", """{"join_rule":"public"}""", [Events[2]]);
        while (Events.Count < size)
            Step();
    }

    public RoomVersion Version { get; }

    public List<Pdu> Events { get; } = [];

    void Step()
    {
        var prev = new HashSet<Pdu>();
        for (var i = random.Next(3); i >= 0; i--)
            prev.Add(Events[Math.Max(3, Events.Count - 1 - random.Next(12))]);
        var sender = Users[random.Next(Users.Length)];
        var target = Users[random.Next(Users.Length)];
        var (type, key, content) = random.Next(9) switch
        {
            0 or 1 => (EventTypes.Member, sender, Membership("join")),
            2 => (EventTypes.Member, target, Membership("ban")),
            3 => (EventTypes.Member, target, Membership("leave")),
            4 => (EventTypes.Member, target, Membership("invite")),
            5 => (EventTypes.PowerLevels, "", Levels()),
            6 => (EventTypes.JoinRules, "", $$"""{"join_rule":"{{(random.Next(2) == 0 ? "public" : "invite")}}"}"""),
            7 => ("m.room.topic", "", "{}"),
            _ => ("m.room.message", null, "{}"),
        };
        if (hostile && random.Next(3) == 0)
            content = RandomJson.Canonical(json.Object());
        Append(sender, type, key, content, [.. prev]);
    }

    string Membership(string membership) => $$"""{"membership":"{{membership}}","n":{{random.Next(100)}}}""";

    string Levels()
    {
        var users = Users.Skip(Version.PrivilegedCreators ? 1 : 0).Where(_ => random.Next(3) > 0).Select(user => $"\"{user}\":{random.Next(3) * 50}").ToList();
        if (!Version.PrivilegedCreators && random.Next(4) > 0 && !users.Exists(user => user.Contains("alice", StringComparison.Ordinal)))
            users.Add($"\"{Users[0]}\":100");
        return $$$"""{"users":{{{{string.Join(',', users)}}}},"state_default":{{{random.Next(2) * 50}}}}""";
    }

    void Append(string sender, string type, string? key, string content, Pdu[] prev)
    {
        var body = JsonElement.Parse(content);
        var before = StateResolver.Resolve(Version, [.. prev.Select(pdu => after[pdu.EventId])], new EventGraph(Events));
        var auth = AuthEventTypes.For(Version, type, key, UserId.Parse(sender), body).Where(before.ContainsKey).Select(slot => before[slot]).ToList();
        if (hostile && random.Next(4) == 0)
            auth.Add(Id(random.Next(Events.Count + 5)));
        var previous = prev.Select(pdu => pdu.EventId).ToList();
        if (hostile && random.Next(10) == 0)
            previous.Add(Id(random.Next(Events.Count + 5)));

        var pdu = new Pdu
        {
            Version = Version,
            EventId = Id(Events.Count),
            RoomId = roomId,
            Sender = UserId.Parse(sender),
            Type = type,
            StateKey = key,
            OriginServerTs = 1000 + Events.Count - random.Next(20),
            Depth = Events.Count,
            PrevEvents = previous,
            AuthEvents = auth,
            Content = body,
            Json = default,
        };
        Events.Add(pdu);
        // A sender that does not check itself: what the rules make of it is for the servers to find out.
        var next = before;
        if (StateSlot.Of(pdu) is { } slot && (hostile || AuthRules.Check(pdu, s => before.TryGetValue(s, out var id) ? Find(id) : s == StateSlot.Create ? Events[0] : null).Allowed))
            next = new Dictionary<StateSlot, EventId>(before) { [slot] = pdu.EventId };
        after[pdu.EventId] = next;
    }

    Pdu? Find(EventId id) => Events.Find(pdu => pdu.EventId == id);

    static EventId Id(int n) => EventId.Parse($"${n}:a.org");

    /// <summary>The states after some of the events.</summary>
    public List<IReadOnlyDictionary<StateSlot, EventId>> States(int count) =>
        [.. Enumerable.Range(0, count).Select(_ => after[Events[random.Next(3, Events.Count)].EventId])];
}
