using System.Globalization;
using System.Text.Json;
using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;

namespace Matrix.Bus.Sync.Domain.Sliding;

/// <summary>A position of a sliding sync: a place in the stream, which other endpoints take as a token too, and what the client was
/// told by then; after that, as in sync's tokens, what it knows of who types.</summary>
readonly record struct SlidingPosition(long At, long Connection, IReadOnlyDictionary<uint, uint> Typing)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{new SyncToken(At)}_{Connection}{(Typing.Count > 0 ? "_" : "")}{TypingMarks.Write(Typing)}");

    /// <summary>Reads one; null if it is none.</summary>
    public static SlidingPosition? Parse(string text)
    {
        var parts = text.Split('_', 3);
        if (parts.Length < 2 || !long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var connection)
            || !TypingMarks.TryRead(parts.Length > 2 ? parts[2] : [], out var typing))
            return null;
        try
        {
            return new SlidingPosition(SyncToken.Parse(parts[0]).Position, connection, typing);
        }
        catch (RefusedException)
        {
            return null;
        }
    }

    /// <summary>The client must begin anew.</summary>
    public static RefusedException Unknown() => MatrixError.Of(400, "M_UNKNOWN_POS", "This position is not known; begin without one.").AsException();
}

/// <summary>What a client was told of a room.</summary>
/// <param name="UpTo">Everything up to here; null while it is up to date with the position of the last answer.</param>
/// <param name="Limit">That many of the newest events it has.</param>
/// <param name="Config">Which required state, a place in <see cref="Connection.Configs"/>.</param>
sealed record SentRoom(long? UpTo, int Limit, int Config);

/// <summary>What a client of a sliding sync was told: kept between its requests.</summary>
sealed record Connection
{
    const int MaxConfigs = 20;

    public Dictionary<string, SentRoom> Rooms { get; init; } = [];

    /// <summary>The required states that rooms were sent with, as <see cref="RequiredStateForm"/> writes them.</summary>
    public List<string> Configs { get; init; } = [];

    public HashSet<string> Extensions { get; init; } = [];

    public byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(this);

    public static Connection Read(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize<Connection>(json)!;

    public Connection Copy() => new() { Rooms = new(Rooms), Configs = [.. Configs], Extensions = [.. Extensions] };

    public bool IsSameAs(Connection other) =>
        Rooms.Count == other.Rooms.Count && Extensions.SetEquals(other.Extensions) && Configs.SequenceEqual(other.Configs)
        && Rooms.All(room => other.Rooms.TryGetValue(room.Key, out var there) && there == room.Value);

    /// <summary>The place of required states among <see cref="Configs"/>.</summary>
    public int ConfigOf(IReadOnlyList<RequiredState> states)
    {
        var text = RequiredStateForm.Text(states);
        var at = Configs.IndexOf(text);
        if (at >= 0)
            return at;
        Configs.Add(text);
        return Configs.Count - 1;
    }

    /// <summary>Forgets the required states that no room was sent with last, once there are many.</summary>
    public void Tidy()
    {
        if (Configs.Count <= MaxConfigs)
            return;
        var used = Rooms.Values.Select(room => room.Config).Distinct().Order().ToList();
        foreach (var (roomId, room) in Rooms.ToList())
            Rooms[roomId] = room with { Config = used.IndexOf(room.Config) };
        var kept = used.ConvertAll(at => Configs[at]);
        Configs.Clear();
        Configs.AddRange(kept);
    }
}
