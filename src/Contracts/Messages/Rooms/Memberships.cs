using Matrix.Bus.Protocol;

namespace Matrix.Bus.Messages.Rooms;

/// <summary>What is a user to a room?</summary>
[AnsweredBy(ComponentNames.RoomServer)]
public sealed record QueryMembershipForUser : IQuery<MembershipForUser>
{
    /// <summary>The room.</summary>
    public required RoomId RoomId { get; init; }

    /// <summary>The user.</summary>
    public required UserId UserId { get; init; }
}

/// <summary>A user's membership of a room.</summary>
public sealed record MembershipForUser
{
    /// <summary><c>join</c>, <c>invite</c>, <c>knock</c>, <c>leave</c>, <c>ban</c>, or <c>none</c> for a user or room that is not known.</summary>
    public required string Membership { get; init; }

    /// <summary>The member event; null for <c>none</c>.</summary>
    public EventId? EventId { get; init; }

    /// <summary>True if the user has forgotten the room since leaving it.</summary>
    public bool Forgotten { get; init; }

    /// <summary>True if this server knows the room.</summary>
    public bool RoomKnown { get; init; }
}

/// <summary>Who is what to a room? Empty for a room that is not known.</summary>
[AnsweredBy(ComponentNames.RoomServer)]
public sealed record QueryMembershipsForRoom : IQuery<RoomMemberships>
{
    /// <summary>The room.</summary>
    public required RoomId RoomId { get; init; }

    /// <summary>Only these memberships; null for all.</summary>
    public IReadOnlyList<string>? Memberships { get; init; }
}

/// <summary>Members of a room.</summary>
public sealed record RoomMemberships
{
    /// <summary>In the order of their ids.</summary>
    public required IReadOnlyList<RoomMember> Members { get; init; }
}

/// <summary>A user and what they are to a room.</summary>
public sealed record RoomMember
{
    /// <summary>The user.</summary>
    public required UserId UserId { get; init; }

    /// <summary>The membership.</summary>
    public required string Membership { get; init; }

    /// <summary>The member event.</summary>
    public required EventId EventId { get; init; }
}

/// <summary>Which rooms is a user something to?</summary>
[AnsweredBy(ComponentNames.RoomServer)]
public sealed record QueryRoomsForUser : IQuery<RoomsForUser>
{
    /// <summary>The user.</summary>
    public required UserId UserId { get; init; }

    /// <summary>Only these memberships; null for all.</summary>
    public IReadOnlyList<string>? Memberships { get; init; }
}

/// <summary>A user's rooms.</summary>
public sealed record RoomsForUser
{
    /// <summary>In no order.</summary>
    public required IReadOnlyList<RoomOfUser> Rooms { get; init; }
}

/// <summary>A room and what a user is to it.</summary>
public sealed record RoomOfUser
{
    /// <summary>The room.</summary>
    public required RoomId RoomId { get; init; }

    /// <summary>The membership.</summary>
    public required string Membership { get; init; }

    /// <summary>The member event.</summary>
    public required EventId EventId { get; init; }

    /// <summary>True if the user has forgotten it since leaving.</summary>
    public bool Forgotten { get; init; }
}

/// <summary>What was a user to a room at these events? Events of other rooms and unknown ones are left out.</summary>
[AnsweredBy(ComponentNames.RoomServer)]
public sealed record QueryMembershipAtEvent : IQuery<MembershipsAtEvents>
{
    /// <summary>The room.</summary>
    public required RoomId RoomId { get; init; }

    /// <summary>The user.</summary>
    public required UserId UserId { get; init; }

    /// <summary>The events, at most 500.</summary>
    public required IReadOnlyList<EventId> EventIds { get; init; }
}

/// <summary>A user's memberships at events: after each of them.</summary>
public sealed record MembershipsAtEvents
{
    /// <summary>By event.</summary>
    public required IReadOnlyDictionary<EventId, string> Memberships { get; init; }
}

/// <summary>In which rooms are two users both joined?</summary>
[AnsweredBy(ComponentNames.RoomServer)]
public sealed record QueryMutualRooms : IQuery<MutualRooms>
{
    /// <summary>One user.</summary>
    public required UserId UserId { get; init; }

    /// <summary>The other.</summary>
    public required UserId OtherUserId { get; init; }
}

/// <summary>Rooms that two users share.</summary>
public sealed record MutualRooms
{
    /// <summary>In the order of their ids.</summary>
    public required IReadOnlyList<RoomId> RoomIds { get; init; }
}

/// <summary>Who is joined to a room that a user is joined to? The user themself is not named.</summary>
[AnsweredBy(ComponentNames.RoomServer)]
public sealed record QuerySharedUsers : IQuery<SharedUsers>
{
    /// <summary>The user.</summary>
    public required UserId UserId { get; init; }

    /// <summary>Only these of the others; null for all.</summary>
    public IReadOnlyList<UserId>? Among { get; init; }
}

/// <summary>Users that share a room with somebody.</summary>
public sealed record SharedUsers
{
    /// <summary>In the order of their ids.</summary>
    public required IReadOnlyList<UserId> UserIds { get; init; }
}

/// <summary>A local user forgets a room they have left. Refuses with 400 M_UNKNOWN while they are in it. Repeating it does nothing.</summary>
[AnsweredBy(ComponentNames.RoomServer)]
public sealed record PerformForget : IPerform<Done>
{
    /// <summary>The room.</summary>
    public required RoomId RoomId { get; init; }

    /// <summary>Who forgets it.</summary>
    public required UserId UserId { get; init; }
}
