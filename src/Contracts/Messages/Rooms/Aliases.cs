using Matrix.Bus.Protocol;

namespace Matrix.Bus.Messages.Rooms;

/// <summary>Points an alias of this server at a room. Refuses with 409 M_ROOM_IN_USE-like M_UNKNOWN where it points elsewhere.</summary>
[AnsweredBy(ComponentNames.RoomServer)]
public sealed record SetRoomAlias : IPerform<Done>
{
    /// <summary>The alias; of this server.</summary>
    public required RoomAlias Alias { get; init; }

    /// <summary>The room.</summary>
    public required RoomId RoomId { get; init; }

    /// <summary>Who sets it: a member of the room.</summary>
    public required UserId Creator { get; init; }
}

/// <summary>Removes an alias: its creator may, and who may set the room's canonical alias.</summary>
[AnsweredBy(ComponentNames.RoomServer)]
public sealed record RemoveRoomAlias : IPerform<Done>
{
    /// <summary>The alias.</summary>
    public required RoomAlias Alias { get; init; }

    /// <summary>Who asks.</summary>
    public required UserId Sender { get; init; }
}

/// <summary>Which room does an alias point at? Refuses with 404 M_NOT_FOUND.</summary>
[AnsweredBy(ComponentNames.RoomServer)]
public sealed record QueryRoomIdForAlias : IQuery<AliasTarget>
{
    /// <summary>The alias.</summary>
    public required RoomAlias Alias { get; init; }
}

/// <summary>Where an alias points.</summary>
public sealed record AliasTarget
{
    /// <summary>The room.</summary>
    public required RoomId RoomId { get; init; }

    /// <summary>Servers that are in it.</summary>
    public required IReadOnlyList<ServerName> Servers { get; init; }

    /// <summary>Who set the alias, if it is one of ours.</summary>
    public UserId? Creator { get; init; }
}

/// <summary>Which aliases of this server point at a room? Refuses with 403 M_FORBIDDEN a viewer who is neither a member nor sees a
/// world-readable room.</summary>
[AnsweredBy(ComponentNames.RoomServer)]
public sealed record QueryAliasesForRoom : IQuery<RoomAliases>
{
    /// <summary>The room.</summary>
    public required RoomId RoomId { get; init; }

    /// <summary>Who asks.</summary>
    public required UserId Viewer { get; init; }
}

/// <summary>A room's aliases on this server.</summary>
public sealed record RoomAliases
{
    /// <summary>In order of their text.</summary>
    public required IReadOnlyList<RoomAlias> Aliases { get; init; }
}
