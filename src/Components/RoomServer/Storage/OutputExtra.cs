using System.Text.Json;
using System.Text.Json.Serialization;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.RoomServer;

/// <summary>What an entry of the log has that a message does not, as it is stored: ids alone, for bodies may be redacted later and
/// are read from their events.</summary>
sealed record OutputExtra
{
    static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault };

    public EventId? RedactedBecause { get; init; }

    public IReadOnlyList<StateChange>? StateChanges { get; init; }

    public EventId? ReplacesState { get; init; }

    public UserId? UserId { get; init; }

    public RawJson? StrippedState { get; init; }

    /// <summary>The stored form of an entry's extras; null if it has none.</summary>
    public static byte[]? Of(OutputRoomEvent entry)
    {
        if (entry is { StateChanges.Count: 0, RedactedBecause: null, ReplacesState: null, UserId: null, StrippedState: null })
            return null;
        return JsonSerializer.SerializeToUtf8Bytes(
            new OutputExtra
            {
                RedactedBecause = entry.RedactedBecause,
                StateChanges = entry.StateChanges.Count == 0 ? null : [.. entry.StateChanges.Select(change => change with { Event = null })],
                ReplacesState = entry.ReplacesState,
                UserId = entry.UserId,
                StrippedState = entry.StrippedState,
            },
            Json);
    }

    /// <summary>Reads the stored form.</summary>
    public static OutputExtra Read(byte[] stored) => JsonSerializer.Deserialize<OutputExtra>(stored, Json)!;
}
