using System.Text;

namespace Matrix.Bus.Protocol.Tests;

/// <summary>Builders for what tests start from.</summary>
static class A
{
    public static readonly ServerName Server = ServerName.Parse("example.org");

    public static readonly UserId Alice = UserId.Parse("@alice:example.org");

    public static readonly SigningKey Key = SigningKey.FromSeed("1", Enumerable.Range(0, 32).Select(i => (byte)i).ToArray());

    public static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    public static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);

    public static RawJson Json(string text) => new(Utf8(text));

    /// <summary>A room id of the form that the version has.</summary>
    public static RoomId Room(RoomVersion version) =>
        RoomId.Parse(version.RoomIdIsCreateHash ? "!" + new string('r', 43) : "!room:example.org");

    /// <summary>The id of some other event of the form that the version has.</summary>
    public static EventId Event(RoomVersion version, char letter = 'e') =>
        EventId.Parse(version.EventIdFormat == EventIdFormat.Given ? $"${letter}:example.org" : "$" + new string(letter, 43));

    public static EventTemplate Template(RoomVersion version, string type = "m.room.message", string content = """{"body":"hello","msgtype":"m.text"}""",
        string? stateKey = null) => new()
        {
            Version = version,
            EventId = Event(version, 'x'),
            RoomId = Room(version),
            Sender = Alice,
            Type = type,
            StateKey = stateKey,
            Content = Json(content),
            OriginServerTs = 1_700_000_000_000,
            Depth = 12,
            PrevEvents = [Event(version, 'p')],
            AuthEvents = [Event(version, 'a'), Event(version, 'b')],
        };

    public static Pdu Pdu(RoomVersion version, string type = "m.room.message", string content = """{"body":"hello","msgtype":"m.text"}""",
        string? stateKey = null) => PduBuilder.Build(Template(version, type, content, stateKey), Key, Server);

    public static TheoryData<int> Versions() => [.. Enumerable.Range(1, 12)];
}
