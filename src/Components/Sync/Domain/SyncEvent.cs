using Matrix.Bus.Protocol;

namespace Matrix.Bus.Sync.Domain;

/// <summary>An event as Sync keeps it: what filters and visibility ask, and its JSON ready to be spliced into a response.</summary>
sealed record SyncEvent
{
    /// <summary>Its place in the stream and in the room's timeline: negative for the past, null for state without a place.</summary>
    public long? Position { get; init; }

    public required string RoomId { get; init; }

    public required string EventId { get; init; }

    public required string Type { get; init; }

    /// <summary>Null for a message.</summary>
    public string? StateKey { get; init; }

    public required string Sender { get; init; }

    /// <summary>Milliseconds since the epoch, as the origin claims.</summary>
    public required long SentAt { get; init; }

    /// <summary>The membership of a member event or the visibility of a visibility event, as a number; else 0.</summary>
    public short Value { get; init; }

    /// <summary>True if the content has a <c>url</c>.</summary>
    public bool HasUrl { get; init; }

    /// <summary>The event as clients see it, an object without <c>room_id</c> and <c>unsigned</c>.</summary>
    public required byte[] Json { get; init; }

    /// <summary>The state event that it replaced.</summary>
    public string? ReplacesState { get; init; }

    /// <summary>The content of <see cref="ReplacesState"/>.</summary>
    public byte[]? PrevContent { get; init; }

    /// <summary>The device that sent it, for a local event with a transaction id.</summary>
    public string? DeviceId { get; init; }

    /// <summary>The transaction id, told to that device alone.</summary>
    public string? TransactionId { get; init; }

    /// <summary>The redaction's JSON in the same form, if it was redacted.</summary>
    public byte[]? RedactedBecause { get; init; }

    /// <summary>The id of the redaction.</summary>
    public string? RedactedBecauseId { get; init; }

    /// <summary>What it relates to.</summary>
    public Relation? Relates { get; init; }

    public bool IsState => StateKey is not null;

    public bool IsMember => StateKey is not null && Type == EventTypes.Member;

    /// <summary>The membership of a member event.</summary>
    public Membership Membership => IsMember ? (Membership)Value : Membership.None;
}

/// <summary>An <c>m.relates_to</c> with a type and a target.</summary>
sealed record Relation(string ParentId, string RelType);
