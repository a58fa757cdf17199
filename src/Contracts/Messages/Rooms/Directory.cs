using Matrix.Bus.Protocol;

namespace Matrix.Bus.Messages.Rooms;

/// <summary>Shows a room in the directory, or no longer. Who may change the canonical alias may do so.</summary>
[AnsweredBy(ComponentNames.RoomServer)]
public sealed record PublishRoom : IPerform<Done>
{
    /// <summary>The room.</summary>
    public required RoomId RoomId { get; init; }

    /// <summary>Who asks; local.</summary>
    public required UserId Sender { get; init; }

    /// <summary>True to show it.</summary>
    public required bool Published { get; init; }
}

/// <summary>Is a room shown in the directory? Refuses with 404 for a room that is not known.</summary>
[AnsweredBy(ComponentNames.RoomServer)]
public sealed record QueryRoomPublished : IQuery<RoomPublished>
{
    /// <summary>The room.</summary>
    public required RoomId RoomId { get; init; }
}

/// <summary>Whether a room is shown in the directory.</summary>
public sealed record RoomPublished
{
    /// <summary>True if it is.</summary>
    public required bool Published { get; init; }
}

/// <summary>A page of the room directory, largest rooms first.</summary>
[AnsweredBy(ComponentNames.RoomServer)]
public sealed record QueryPublishedRooms : IQuery<PublishedRoomsPage>
{
    /// <summary>At most this many.</summary>
    public int? Limit { get; init; }

    /// <summary>Where an earlier page ended or began; null for the first.</summary>
    public string? Since { get; init; }

    /// <summary>Must occur in name, topic or alias, whatever the case.</summary>
    public string? SearchTerm { get; init; }

    /// <summary>Only rooms of these types; a null stands for rooms without one. Null for all.</summary>
    public IReadOnlyList<string?>? RoomTypes { get; init; }
}

/// <summary>A page of the room directory.</summary>
public sealed record PublishedRoomsPage
{
    /// <summary>The rooms.</summary>
    public required IReadOnlyList<RoomSummary> Rooms { get; init; }

    /// <summary>Token of the next page.</summary>
    public string? NextBatch { get; init; }

    /// <summary>Token of the page before.</summary>
    public string? PrevBatch { get; init; }

    /// <summary>How many rooms the whole list has.</summary>
    public required int Total { get; init; }
}

/// <summary>What may be told of a room to somebody outside of it.</summary>
public sealed record RoomSummary
{
    /// <summary>The room.</summary>
    public required RoomId RoomId { get; init; }

    /// <summary>m.room.canonical_alias.</summary>
    public string? CanonicalAlias { get; init; }

    /// <summary>m.room.name.</summary>
    public string? Name { get; init; }

    /// <summary>m.room.topic.</summary>
    public string? Topic { get; init; }

    /// <summary>m.room.avatar.</summary>
    public string? AvatarUrl { get; init; }

    /// <summary>How many are joined.</summary>
    public required int JoinedMembers { get; init; }

    /// <summary>History is world-readable.</summary>
    public bool WorldReadable { get; init; }

    /// <summary>Guests may join.</summary>
    public bool GuestCanJoin { get; init; }

    /// <summary>m.room.join_rules.</summary>
    public string? JoinRule { get; init; }

    /// <summary>The type in the create event.</summary>
    public string? RoomType { get; init; }

    /// <summary>The room's version.</summary>
    public required string RoomVersion { get; init; }

    /// <summary>The algorithm, if it is encrypted.</summary>
    public string? Encryption { get; init; }

    /// <summary>Rooms of which the members may join a restricted room.</summary>
    public IReadOnlyList<RoomId> AllowedRoomIds { get; init; } = [];
}

/// <summary>A room as somebody may preview it (client-server API, room_summary). Refuses with 404 where they may not.</summary>
[AnsweredBy(ComponentNames.RoomServer)]
public sealed record QueryRoomSummary : IQuery<RoomPreview>
{
    /// <summary>The room.</summary>
    public required RoomId RoomId { get; init; }

    /// <summary>Who asks; null for somebody without an account.</summary>
    public UserId? Viewer { get; init; }
}

/// <summary>A room's summary and the asker's place in it.</summary>
public sealed record RoomPreview
{
    /// <summary>The room.</summary>
    public required RoomSummary Summary { get; init; }

    /// <summary>The asker's membership, null for none.</summary>
    public string? Membership { get; init; }
}

/// <summary>A page of a space's rooms, depth first (client-server API, hierarchy). Refuses with 403 where the root may not be seen.</summary>
[AnsweredBy(ComponentNames.RoomServer)]
public sealed record QueryNextRoomHierarchyPage : IQuery<RoomHierarchyPage>
{
    /// <summary>The space.</summary>
    public required RoomId RoomId { get; init; }

    /// <summary>Who asks.</summary>
    public required UserId Viewer { get; init; }

    /// <summary>At most this many rooms.</summary>
    public required int Limit { get; init; }

    /// <summary>How deep to go; null for the server's bound.</summary>
    public int? MaxDepth { get; init; }

    /// <summary>Only children marked as suggested.</summary>
    public bool SuggestedOnly { get; init; }

    /// <summary>Where the last page ended.</summary>
    public string? From { get; init; }
}

/// <summary>A page of a hierarchy.</summary>
public sealed record RoomHierarchyPage
{
    /// <summary>The rooms in order.</summary>
    public required IReadOnlyList<HierarchyRoom> Rooms { get; init; }

    /// <summary>Token of the next page.</summary>
    public string? NextBatch { get; init; }
}

/// <summary>One room of a hierarchy.</summary>
public sealed record HierarchyRoom
{
    /// <summary>What may be told of it.</summary>
    public required RoomSummary Summary { get; init; }

    /// <summary>Its m.space.child events, stripped, with origin_server_ts.</summary>
    public required IReadOnlyList<RawJson> ChildrenState { get; init; }
}

/// <summary>Replaces a room by a new one of another version (client-server API, upgrade).</summary>
[AnsweredBy(ComponentNames.RoomServer, TimeoutSeconds = 60)]
public sealed record UpgradeRoom : IPerform<RoomCreated>
{
    /// <summary>The room to end.</summary>
    public required RoomId RoomId { get; init; }

    /// <summary>Who asks: must be allowed to send m.room.tombstone.</summary>
    public required UserId Sender { get; init; }

    /// <summary>The version of the new room.</summary>
    public required string NewVersion { get; init; }

    /// <summary>From room version 12 on: further creators of the new room.</summary>
    public IReadOnlyList<UserId> AdditionalCreators { get; init; } = [];
}
