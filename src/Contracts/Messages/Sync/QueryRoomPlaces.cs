using Matrix.Bus.Protocol;

namespace Matrix.Bus.Messages.Sync;

/// <summary>What is a user to a room, and where in its timeline do events stand, as clients see it? What RoomServer has committed
/// before the question counts: who has just joined is joined, what was just sent has its place.</summary>
[AnsweredBy(ComponentNames.Sync)]
public sealed record QueryRoomPlaces : IQuery<RoomPlaces>
{
    /// <summary>The room.</summary>
    public required RoomId RoomId { get; init; }

    /// <summary>The user.</summary>
    public required UserId UserId { get; init; }

    /// <summary>The events, at most 50; none to ask for the membership alone.</summary>
    public IReadOnlyList<EventId> EventIds { get; init; } = [];
}

/// <summary>A user's membership and the places of events.</summary>
public sealed record RoomPlaces
{
    /// <summary>What the user is to the room now.</summary>
    public required Membership Membership { get; init; }

    /// <summary>Those of the events that stand in the room's timeline.</summary>
    public required IReadOnlyList<EventPlace> Places { get; init; }

    /// <summary>The place of an event; null if it is not in the room's timeline.</summary>
    public EventPlace? Of(EventId eventId) => Places.FirstOrDefault(place => place.EventId == eventId);
}

/// <summary>An event's place.</summary>
public sealed record EventPlace
{
    /// <summary>The event.</summary>
    public required EventId EventId { get; init; }

    /// <summary>Greater is later. Comparable within one answer: a rebuild of the copy gives other numbers in the same order.</summary>
    public required long Position { get; init; }

    /// <summary>The root of the thread the event is in; null for the main timeline.</summary>
    public EventId? ThreadRoot { get; init; }
}
