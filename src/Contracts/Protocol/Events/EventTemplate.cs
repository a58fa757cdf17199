namespace Matrix.Bus.Protocol;

/// <summary>Everything of an event but its hashes, signature and id: what <see cref="PduBuilder"/> makes an event of.</summary>
public sealed record EventTemplate
{
    /// <summary>The room's version.</summary>
    public required RoomVersion Version { get; init; }

    /// <summary>The room; null for a version 12 create event alone.</summary>
    public RoomId? RoomId { get; init; }

    /// <summary>Who sends it: a user of the server that signs.</summary>
    public required UserId Sender { get; init; }

    /// <summary>The event type.</summary>
    public required string Type { get; init; }

    /// <summary>The state key; null for a message event.</summary>
    public string? StateKey { get; init; }

    /// <summary>A JSON object, in any form.</summary>
    public required RawJson Content { get; init; }

    /// <summary>Milliseconds since the epoch.</summary>
    public required long OriginServerTs { get; init; }

    /// <summary>One more than the greatest depth of the previous events.</summary>
    public required long Depth { get; init; }

    /// <summary>The events it follows, at most 20.</summary>
    public required IReadOnlyList<EventId> PrevEvents { get; init; }

    /// <summary>The events that authorise it, at most 10.</summary>
    public required IReadOnlyList<EventId> AuthEvents { get; init; }

    /// <summary>Versions 1 and 2: the id to give; null for a new random one. Ignored from version 3 on.</summary>
    public EventId? EventId { get; init; }

    /// <summary>The event to redact; written where the version wants it, into content from version 11 on.</summary>
    public EventId? Redacts { get; init; }
}
