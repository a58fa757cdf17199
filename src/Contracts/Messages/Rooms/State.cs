using Matrix.Bus.Protocol;

namespace Matrix.Bus.Messages.Rooms;

/// <summary>What is the state of a room now? Refuses with 404 for a room that is not known.</summary>
[AnsweredBy(ComponentNames.RoomServer)]
public sealed record QueryCurrentState : IQuery<RoomState>
{
    /// <summary>The room.</summary>
    public required RoomId RoomId { get; init; }

    /// <summary>Only these slots; null for all.</summary>
    public IReadOnlyList<StateSlot>? Slots { get; init; }

    /// <summary>Only slots of these types; null for all. Counts beside <see cref="Slots"/>.</summary>
    public IReadOnlyList<string>? Types { get; init; }
}

/// <summary>What was the state of a room at an event? Refuses with 404 for an event that is not of the room, or whose state this
/// server does not know.</summary>
[AnsweredBy(ComponentNames.RoomServer)]
public sealed record QueryStateAtEvent : IQuery<RoomState>
{
    /// <summary>The room.</summary>
    public required RoomId RoomId { get; init; }

    /// <summary>The event.</summary>
    public required EventId EventId { get; init; }

    /// <summary>True for the state before the event, as federation means it; false for the state after it.</summary>
    public bool Before { get; init; }

    /// <summary>Only these slots; null for all.</summary>
    public IReadOnlyList<StateSlot>? Slots { get; init; }
}

/// <summary>A state, or the part of it that was asked for.</summary>
public sealed record RoomState
{
    /// <summary>The room's version.</summary>
    public required string RoomVersion { get; init; }

    /// <summary>The state events, in no order.</summary>
    public required IReadOnlyList<IdentifiedEvent> Events { get; init; }
}

/// <summary>An event in the federation format and its id, which that format does not carry from room version 3 on.</summary>
public sealed record IdentifiedEvent
{
    /// <summary>The id.</summary>
    public required EventId EventId { get; init; }

    /// <summary>The PDU.</summary>
    public required RawJson Event { get; init; }

    /// <summary>True if this is its redacted form.</summary>
    public bool Redacted { get; init; }
}

/// <summary>What are a room's forward extremities? Refuses with 404 for a room that is not known.</summary>
[AnsweredBy(ComponentNames.RoomServer)]
public sealed record QueryLatestEvents : IQuery<LatestEvents>
{
    /// <summary>The room.</summary>
    public required RoomId RoomId { get; init; }
}

/// <summary>The forward end of a room.</summary>
public sealed record LatestEvents
{
    /// <summary>The forward extremities, the newest last.</summary>
    public required IReadOnlyList<EventId> EventIds { get; init; }

    /// <summary>The greatest depth among them.</summary>
    public required long Depth { get; init; }

    /// <summary>The newest sequence number of the room's output.</summary>
    public required long Sequence { get; init; }
}
