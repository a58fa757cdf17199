using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.RoomServer.Tests;

public sealed class NewRoomTests
{
    static readonly UserId Creator = A.User("creator");
    static readonly SigningKey Key = SigningKey.Generate();
    static readonly UserId[] Others = [A.User("one"), A.User("two")];

    [Fact]
    public void The_first_events_of_any_room_are_allowed_by_what_went_before()
    {
        var requests =
            from version in Gen.Elements(RoomVersion.Known.Values.ToArray())
            from preset in Gen.Elements(RoomPreset.PrivateChat, RoomPreset.TrustedPrivateChat, RoomPreset.PublicChat)
            from invited in Gen.SubListOf(Others.Append(Creator).ToArray())
            from name in Gen.Elements(null, "", "Name")
            from topic in Gen.Elements(null, "Topic")
            from creation in Gen.Elements("", """{"type":"m.space","creator":"@x:y","room_version":"1"}""", """{"m.federate":false}""")
            from levels in Gen.Elements("", """{"invite":100}""", """{"events":{"m.room.name":100},"state_default":100}""")
            from initial in Gen.SubListOf("m.room.join_rules", "m.room.guest_access", "m.room.name", "m.room.topic", "m.room.encryption", "a.b")
            select (Version: version, Request: new CreateRoom
            {
                Creator = Creator,
                Preset = preset,
                Invite = [.. invited],
                Name = name,
                Topic = topic,
                CreationContent = creation.Length == 0 ? null : A.Json(creation),
                PowerLevelContentOverride = levels.Length == 0 ? null : A.Json(levels),
                InitialState = [.. initial.Select(type => new InitialState { Type = type, StateKey = "", Content = A.Json("{}") })],
            });
        Prop.ForAll(requests.ToArbitrary(), each => Refusals(each.Version, each.Request) is [] ? true : throw new InvalidOperationException(
            $"{each.Version.Id} {each.Request}: {string.Join("; ", Refusals(each.Version, each.Request))}")).QuickCheckThrowOnFailure();
    }

    /// <summary>Builds the events one on another; what the rules say against them.</summary>
    static List<string> Refusals(RoomVersion version, CreateRoom request)
    {
        var refusals = new List<string>();
        var state = new Dictionary<StateSlot, Pdu>();
        Pdu? last = null;
        var room = version.RoomIdIsCreateHash ? (RoomId?)null : RoomId.Parse("!room:" + RoomTestServer.ServerName);
        Add(EventTypes.Create, "", NewRoom.CreateContent(request, version));
        room = last!.RoomId;
        foreach (var draft in NewRoom.Drafts(request, version, null, A.Json("""{"membership":"join"}""")))
            Add(draft.Type, draft.StateKey!, draft.Content);
        foreach (var user in request.Invite.Where(user => user != Creator))
            Add(EventTypes.Member, user.Value, A.Json("""{"membership":"invite"}"""));
        return refusals;

        void Add(string type, string stateKey, RawJson content)
        {
            var auth = last is null ? [] : AuthEventTypes.For(version, type, stateKey, Creator, content.Parse())
                .Where(state.ContainsKey).Select(slot => state[slot].EventId).ToList();
            var pdu = PduBuilder.Build(
                new EventTemplate
                {
                    Version = version,
                    RoomId = room,
                    Sender = Creator,
                    Type = type,
                    StateKey = stateKey,
                    Content = content,
                    OriginServerTs = 1_700_000_000_000,
                    Depth = (last?.Depth ?? 0) + 1,
                    PrevEvents = last is null ? [] : [last.EventId],
                    AuthEvents = auth,
                },
                Key,
                RoomTestServer.ServerName);
            if (AuthRules.Check(pdu, slot => state.GetValueOrDefault(slot)) is { Allowed: false } verdict)
                refusals.Add($"{type}: {verdict.Sentence}");
            state[new StateSlot(type, stateKey)] = pdu;
            last = pdu;
        }
    }

    [Fact]
    public void Children_stand_in_one_order_however_they_come()
    {
        var child =
            from order in Gen.Elements(null, "", "a", "b", "aa", " ", "~", "é", new string('x', 50), new string('x', 51))
            from at in Gen.Choose(1, 3)
            from id in Gen.Choose(1, 30)
            select (Order: order, At: at, Id: id);
        Prop.ForAll(child.ListOf().ToArbitrary(), children =>
        {
            var distinct = children.DistinctBy(each => each.Id).ToList();
            var expected = distinct
                .OrderBy(each => IsOrder(each.Order) ? 0 : 1)
                .ThenBy(each => IsOrder(each.Order) ? each.Order : "", StringComparer.Ordinal)
                .ThenBy(each => each.At)
                .ThenBy(each => Room(each.Id), StringComparer.Ordinal)
                .Select(each => Room(each.Id));
            var events = distinct.ConvertAll(each => Child(each.Order, each.At, each.Id));
            var there = SpaceChildren.Of(events, suggestedOnly: false).Select(each => each.Room.Value).ToList();
            var back = SpaceChildren.Of(Enumerable.Reverse(events), suggestedOnly: false).Select(each => each.Room.Value);
            return there.SequenceEqual(expected) && there.SequenceEqual(back);
        }).QuickCheckThrowOnFailure();
    }

    static bool IsOrder(string? order) => order is { Length: > 0 and <= 50 } && Encoding.ASCII.GetByteCount(order) == order.Length && order.All(c => c is >= ' ' and <= '~');

    static string Room(int id) => $"!r{id}:{RoomTestServer.ServerName}";

    static Pdu Child(string? order, int at, int id) => PduBuilder.Build(
        new EventTemplate
        {
            Version = RoomVersion.Find("11")!,
            RoomId = RoomId.Parse("!space:" + RoomTestServer.ServerName),
            Sender = Creator,
            Type = SpaceChildren.Type,
            StateKey = Room(id),
            Content = A.Json(JsonSerializer.Serialize(new Dictionary<string, object?> { ["via"] = new[] { "x" }, ["order"] = order })),
            OriginServerTs = at,
            Depth = 2,
            PrevEvents = [],
            AuthEvents = [],
        },
        Key,
        RoomTestServer.ServerName);
}
