using Matrix.Bus.Protocol;

namespace Matrix.Bus.Messages.Rooms;

/// <summary>Makes a room with all its first events, in the order of the client-server API's createRoom; all of it or nothing.</summary>
/// <remarks>Not repeatable: a repeat is another room.</remarks>
[AnsweredBy(ComponentNames.RoomServer)]
public sealed record CreateRoom : IPerform<RoomCreated>
{
    /// <summary>Who creates it, and its first member.</summary>
    public required UserId Creator { get; init; }

    /// <summary>The version; null for the configured default.</summary>
    public string? RoomVersion { get; init; }

    /// <summary>Published in the room directory from the start.</summary>
    public bool Published { get; init; }

    /// <summary>Which defaults to begin with.</summary>
    public required RoomPreset Preset { get; init; }

    /// <summary>Localpart of the alias to give it.</summary>
    public string? AliasLocalpart { get; init; }

    /// <summary>m.room.name.</summary>
    public string? Name { get; init; }

    /// <summary>m.room.topic, plain text.</summary>
    public string? Topic { get; init; }

    /// <summary>Invited at once.</summary>
    public IReadOnlyList<UserId> Invite { get; init; } = [];

    /// <summary>Whether the invites say that this is a direct chat.</summary>
    public bool IsDirect { get; init; }

    /// <summary>Extra keys of the create event, an object.</summary>
    public RawJson? CreationContent { get; init; }

    /// <summary>State events that take precedence over the preset's.</summary>
    public IReadOnlyList<InitialState> InitialState { get; init; } = [];

    /// <summary>Laid over the default power levels, an object.</summary>
    public RawJson? PowerLevelContentOverride { get; init; }

    /// <summary>For an upgrade: the room it replaces, whose state is carried over by the caller's <see cref="InitialState"/>.</summary>
    public RoomId? Replaces { get; init; }
}

/// <summary>One state event to begin with.</summary>
public sealed record InitialState
{
    /// <summary>Event type.</summary>
    public required string Type { get; init; }

    /// <summary>State key.</summary>
    public required string StateKey { get; init; }

    /// <summary>The content object.</summary>
    public required RawJson Content { get; init; }
}

/// <summary>The presets of createRoom.</summary>
public enum RoomPreset
{
    /// <summary>Invite only.</summary>
    PrivateChat = 1,

    /// <summary>Invite only, and invitees have the creator's power.</summary>
    TrustedPrivateChat = 2,

    /// <summary>Anyone may join.</summary>
    PublicChat = 3,
}

/// <summary>The room is there.</summary>
public sealed record RoomCreated
{
    /// <summary>Its id.</summary>
    public required RoomId RoomId { get; init; }

    /// <summary>Its version.</summary>
    public required string RoomVersion { get; init; }
}
