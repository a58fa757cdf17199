using Matrix.Bus.Protocol;

namespace Matrix.Bus.Messages.Rooms;

/// <summary>What is there to know of a room at a glance? Refuses with 404 for a room that is not known.</summary>
[AnsweredBy(ComponentNames.RoomServer)]
public sealed record QueryRoomInfo : IQuery<RoomInfo>
{
    /// <summary>The room.</summary>
    public required RoomId RoomId { get; init; }
}

/// <summary>A room at a glance.</summary>
public sealed record RoomInfo
{
    /// <summary>The version.</summary>
    public required string RoomVersion { get; init; }

    /// <summary>How many users are joined.</summary>
    public required int JoinedUsers { get; init; }

    /// <summary>How many users are invited.</summary>
    public required int InvitedUsers { get; init; }

    /// <summary>The create event.</summary>
    public required IdentifiedEvent Create { get; init; }

    /// <summary>The room's type (<c>m.space</c>), from the create event; null for none.</summary>
    public string? RoomType { get; init; }

    /// <summary>The encryption algorithm; null for a room that is not encrypted.</summary>
    public string? Encryption { get; init; }
}

/// <summary>How many users are joined to a room? 0 for a room that is not known.</summary>
[AnsweredBy(ComponentNames.RoomServer)]
public sealed record QueryJoinedUserCount : IQuery<JoinedUserCount>
{
    /// <summary>The room.</summary>
    public required RoomId RoomId { get; init; }
}

/// <summary>A number of users.</summary>
public sealed record JoinedUserCount
{
    /// <summary>How many.</summary>
    public required int Joined { get; init; }
}

/// <summary>Which version does a room have? Refuses with 404 for a room that is not known.</summary>
[AnsweredBy(ComponentNames.RoomServer)]
public sealed record QueryRoomVersion : IQuery<KnownRoomVersion>
{
    /// <summary>The room.</summary>
    public required RoomId RoomId { get; init; }
}

/// <summary>A room's version.</summary>
public sealed record KnownRoomVersion
{
    /// <summary>The version.</summary>
    public required string RoomVersion { get; init; }
}

/// <summary>Which room versions does this server speak?</summary>
[AnsweredBy(ComponentNames.RoomServer)]
public sealed record QueryRoomVersionCapabilities : IQuery<RoomVersionCapabilities>;

/// <summary>The room versions of this server.</summary>
public sealed record RoomVersionCapabilities
{
    /// <summary>The version of rooms that ask for none.</summary>
    public required string Default { get; init; }

    /// <summary>All versions and their stability, <c>stable</c> or <c>unstable</c>.</summary>
    public required IReadOnlyDictionary<string, string> Available { get; init; }
}
