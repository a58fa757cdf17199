using System.Text.Json;

namespace Matrix.Bus.Protocol;

/// <summary>
/// One persistent event in the federation format of its room's version: parsed once, immutable, its bytes kept.
/// </summary>
/// <remarks>Created by <see cref="PduReader"/> (from the wire) or <see cref="PduBuilder"/> (signed by us). Equality is by
/// reference; compare <see cref="EventId"/>.</remarks>
public sealed class Pdu
{
    /// <summary>The room version whose rules read this event.</summary>
    public required RoomVersion Version { get; init; }

    /// <summary>The id: given in versions 1 and 2, the reference hash from version 3 on.</summary>
    public required EventId EventId { get; init; }

    /// <summary>The room; for a version 12 create event it is derived from the event's own id.</summary>
    public required RoomId RoomId { get; init; }

    /// <summary>Who sent it.</summary>
    public required UserId Sender { get; init; }

    /// <summary>The event type.</summary>
    public required string Type { get; init; }

    /// <summary>The state key; null for a message event.</summary>
    public string? StateKey { get; init; }

    /// <summary>Milliseconds since the epoch, as the origin claims.</summary>
    public required long OriginServerTs { get; init; }

    /// <summary>The depth its origin gave it; 0 ≤ depth &lt; 2^53.</summary>
    public required long Depth { get; init; }

    /// <summary>The events it follows.</summary>
    public required IReadOnlyList<EventId> PrevEvents { get; init; }

    /// <summary>The events that authorise it, as its sender claims.</summary>
    public required IReadOnlyList<EventId> AuthEvents { get; init; }

    /// <summary>For m.room.redaction: the redacted event, from the top level before version 11 and from content since.</summary>
    public EventId? Redacts { get; init; }

    /// <summary>The content object. The backing document lives as long as this event.</summary>
    public required JsonElement Content { get; init; }

    /// <summary>The whole event as canonical JSON with hashes and signatures, without <c>unsigned</c>; it names its id
    /// in versions 1 and 2 alone.</summary>
    public required ReadOnlyMemory<byte> Json { get; init; }

    /// <summary>True if this is the form left after redaction (its content hash did not match, or a redaction was applied).</summary>
    public bool IsRedacted { get; init; }

    /// <summary>True for a state event.</summary>
    public bool IsState => StateKey is not null;

    /// <summary>True if this is a state event of that type and key.</summary>
    public bool IsStateOf(string type, string stateKey) => StateKey == stateKey && Type == type;
}
