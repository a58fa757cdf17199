using System.Globalization;
using System.Text.Json;

namespace Matrix.Bus.Protocol.Tests.Auth;

/// <summary>A room's state that tests fill by hand; nothing in it is authorised, only what they then check.</summary>
sealed class ARoom : IStateLookup
{
    public const string Creator = "@creator:example.org";
    public const string Alice = "@alice:example.org";
    public const string Bob = "@bob:example.org";
    public const string Remote = "@remote:elsewhere.org";

    readonly Dictionary<StateSlot, Pdu> state = [];
    readonly RoomId roomId;
    int count;

    public ARoom(int version, string createContent = """{"creator":"@creator:example.org"}""")
    {
        Version = RoomVersion.Of(version);
        roomId = RoomId.Parse(version >= 12 ? "!create" : "!room:example.org");
        CreateEvent = Event(Creator, EventTypes.Create, "", createContent, id: version <= 2 ? "$create:example.org" : "$create", prev: []);
        state[StateSlot.Create] = CreateEvent;
    }

    public RoomVersion Version { get; }

    public Pdu CreateEvent { get; }

    public ARoom Levels(string content) => With(Creator, EventTypes.PowerLevels, "", content);

    public ARoom JoinRule(string? rule) => rule is null ? this : With(Creator, EventTypes.JoinRules, "", $$"""{"join_rule":"{{rule}}"}""");

    /// <summary>Gives a user a membership; "none" gives none.</summary>
    public ARoom Member(string user, string membership = "join") =>
        membership == "none" ? this : With(user, EventTypes.Member, user, $$"""{"membership":"{{membership}}"}""");

    public ARoom With(string sender, string type, string stateKey, string content)
    {
        state[new StateSlot(type, stateKey)] = Event(sender, type, stateKey, content);
        return this;
    }

    public ARoom Without(StateSlot slot)
    {
        state.Remove(slot);
        return this;
    }

    public Pdu? Find(StateSlot slot) => state.GetValueOrDefault(slot);

    public Pdu Event(string sender, string type, string? stateKey, string content, string? id = null, string[]? prev = null, string[]? auth = null,
        string? redacts = null, string? room = null) => new()
        {
            Version = Version,
            EventId = EventId.Parse(id ?? string.Create(CultureInfo.InvariantCulture, $"$event{count++}{(Version.Number <= 2 ? ":example.org" : "")}")),
            RoomId = room is null ? roomId : RoomId.Parse(room),
            Sender = UserId.Parse(sender),
            Type = type,
            StateKey = stateKey,
            OriginServerTs = count,
            Depth = count,
            PrevEvents = (prev ?? ["$before"]).Select(EventId.Parse).ToArray(),
            AuthEvents = (auth ?? []).Select(EventId.Parse).ToArray(),
            Redacts = redacts is null ? null : EventId.Parse(redacts),
            Content = JsonElement.Parse(content),
            Json = default,
        };

    public Pdu MemberEvent(string sender, string target, string membership, string more = "") =>
        Event(sender, EventTypes.Member, target, $$"""{"membership":"{{membership}}"{{more}}}""");

    public AuthVerdict Check(Pdu pdu) => AuthRules.Check(pdu, this);

    public AuthVerdict Check(string sender, string type, string? stateKey = null, string content = "{}") => Check(Event(sender, type, stateKey, content));

    public AuthVerdict Membership(string sender, string target, string membership, string more = "") => Check(MemberEvent(sender, target, membership, more));

    public static TheoryData<int> Versions(int from = 1, int to = 12) => [.. Enumerable.Range(from, to - from + 1)];
}

static class VerdictAssertions
{
    public static void IsAllowed(this AuthVerdict verdict) => Assert.True(verdict.Allowed, verdict.ToString());

    public static void IsRefused(this AuthVerdict verdict, AuthRule rule)
    {
        Assert.Equal(rule, verdict.Rule);
        Assert.NotEmpty(verdict.Number);
        Assert.StartsWith(verdict.Number + " ", verdict.Code, StringComparison.Ordinal);
        Assert.EndsWith(".", verdict.Sentence, StringComparison.Ordinal);
    }
}
