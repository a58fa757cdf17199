using System.Text;
using System.Text.Json.Nodes;
using Matrix.Bus.Foundation;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;
using Microsoft.Extensions.DependencyInjection;

namespace Matrix.Bus.RoomServer.Tests;

/// <summary>Builders of what the tests feed in.</summary>
static class A
{
    static int transactions;

    public static UserId User(string name) => UserId.Parse($"@{name}:{RoomTestServer.ServerName}");

    public static RawJson Json(string json) => new(Encoding.UTF8.GetBytes(json));

    public static InputEvent Input(Draft draft) => new() { Kind = InputKind.Draft, Draft = draft };

    public static InputEvent Input(Pdu pdu, InputKind kind = InputKind.New) => new() { Kind = kind, Pdu = new RawJson(pdu.Json) };

    public static Draft Message(UserId sender, string body = "hello", string? transaction = null) => new()
    {
        Sender = sender,
        Type = EventTypes.Message,
        Content = Json($$"""{"msgtype":"m.text","body":"{{body}}"}"""),
        Transaction = Transaction(transaction),
    };

    public static DraftTransaction Transaction(string? id = null) => new()
    {
        DeviceId = "DEVICE",
        Endpoint = "send",
        TransactionId = id ?? $"t{Interlocked.Increment(ref transactions)}",
    };

    public static Draft State(UserId sender, string type, string stateKey, string content) => new()
    {
        Sender = sender,
        Type = type,
        StateKey = stateKey,
        Content = Json(content),
    };

    public static Draft Join(UserId user) => Member(user, user, "join");

    public static Draft Member(UserId sender, UserId target, string membership) =>
        State(sender, EventTypes.Member, target.Value, $$"""{"membership":"{{membership}}"}""");

    public static Draft Redaction(UserId sender, EventId target) => new()
    {
        Sender = sender,
        Type = EventTypes.Redaction,
        Content = Json("{}"),
        Redacts = target,
    };

    /// <summary>The first input of a room: create, creator's join, power levels, join rules.</summary>
    public static async Task<InputRoomEvents> Creation(RoomTestServer server, UserId creator, string version = "12", string joinRule = "public")
    {
        var rules = RoomVersion.Find(version)!;
        var key = await server.Services.GetRequiredService<ServerIdentity>().SigningKey(CancellationToken.None);
        var content = new JsonObject { ["room_version"] = version, ["nonce"] = Guid.NewGuid().ToString("N") };
        if (!rules.CreatorIsSender)
            content["creator"] = creator.Value;
        var create = PduBuilder.Build(
            new EventTemplate
            {
                Version = rules,
                RoomId = rules.RoomIdIsCreateHash ? null : RoomId.Parse($"!{Guid.NewGuid():N}:{RoomTestServer.ServerName}"),
                Sender = creator,
                Type = EventTypes.Create,
                StateKey = "",
                Content = Json(content.ToJsonString()),
                OriginServerTs = 1_700_000_000_000,
                Depth = 1,
                PrevEvents = [],
                AuthEvents = [],
            },
            key,
            RoomTestServer.ServerName);
        var users = rules.PrivilegedCreators ? "{}" : $$"""{"{{creator}}":100}""";
        return new InputRoomEvents
        {
            RoomId = create.RoomId,
            CreatesRoomOfVersion = version,
            Events =
            [
                Input(create),
                Input(Join(creator)),
                Input(State(creator, EventTypes.PowerLevels, "", $$"""{"users":{{users}}}""")),
                Input(State(creator, EventTypes.JoinRules, "", $$"""{"join_rule":"{{joinRule}}"}""")),
            ],
        };
    }
}
