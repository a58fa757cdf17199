using Matrix.Bus.Protocol;

namespace Matrix.Bus.Messages.Rooms;

/// <summary>Which of these events are stored? Those that are not are left out of the answer; so are rejected ones unless asked for.</summary>
[AnsweredBy(ComponentNames.RoomServer)]
public sealed record QueryEventsById : IQuery<StoredEvents>
{
    /// <summary>The events, at most 500.</summary>
    public required IReadOnlyList<EventId> EventIds { get; init; }

    /// <summary>Only events of this room; null for any.</summary>
    public RoomId? RoomId { get; init; }

    /// <summary>Rejected and soft-failed events too.</summary>
    public bool IncludeRefused { get; init; }
}

/// <summary>Stored events.</summary>
public sealed record StoredEvents
{
    /// <summary>In no order.</summary>
    public required IReadOnlyList<StoredEvent> Events { get; init; }
}

/// <summary>A stored event.</summary>
public sealed record StoredEvent
{
    /// <summary>The id.</summary>
    public required EventId EventId { get; init; }

    /// <summary>Its room.</summary>
    public required RoomId RoomId { get; init; }

    /// <summary>The room's version.</summary>
    public required string RoomVersion { get; init; }

    /// <summary>The PDU.</summary>
    public required RawJson Event { get; init; }

    /// <summary>True if this is its redacted form.</summary>
    public bool Redacted { get; init; }

    /// <summary>What the checks said.</summary>
    public required EventVerdict Verdict { get; init; }
}

/// <summary>What did the checks say of an event, and why? Refuses with 404 for an event that never came.</summary>
[AnsweredBy(ComponentNames.RoomServer)]
public sealed record QueryEventCheck : IQuery<EventCheck>
{
    /// <summary>The event.</summary>
    public required EventId EventId { get; init; }
}

/// <summary>The verdict on an event.</summary>
public sealed record EventCheck
{
    /// <summary>The room it is of, or claims to be of.</summary>
    public required RoomId RoomId { get; init; }

    /// <summary>The verdict.</summary>
    public required EventVerdict Verdict { get; init; }

    /// <summary>The failing rule, unless accepted.</summary>
    public string? Rule { get; init; }

    /// <summary>A sentence for people, unless accepted.</summary>
    public string? Reason { get; init; }
}
