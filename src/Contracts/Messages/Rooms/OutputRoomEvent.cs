using Matrix.Bus.Protocol;

namespace Matrix.Bus.Messages.Rooms;

/// <summary>Something happened in a room: the one log that everything about rooms is told by.</summary>
[Log("rooms-output", ComponentNames.RoomServer)]
public sealed record OutputRoomEvent : ILogEntry
{
    /// <inheritdoc/>
    public string Key => RoomId.Value;

    /// <summary>What happened.</summary>
    public required OutputKind Kind { get; init; }

    /// <summary>In which room.</summary>
    public required RoomId RoomId { get; init; }

    /// <summary>The room's version.</summary>
    public required string RoomVersion { get; init; }

    /// <summary>Contiguous in the room from 1 on, whatever the kind.</summary>
    public required long Sequence { get; init; }

    /// <summary>The event concerned; for <see cref="OutputKind.Redacted"/> the redacted one. Absent for whole-room kinds.</summary>
    public EventId? EventId { get; init; }

    /// <summary>The PDU (federation format); for <see cref="OutputKind.Redacted"/> its redacted form.</summary>
    public RawJson? Event { get; init; }

    /// <summary>For <see cref="OutputKind.Redacted"/>: the redaction event that caused it.</summary>
    public EventId? RedactedBecause { get; init; }

    /// <summary>How the room's current state changed by this: empty for a message.</summary>
    public IReadOnlyList<StateChange> StateChanges { get; init; } = [];

    /// <summary>The state event of the same type and key that stood before this one, if it is a state event that replaced one.</summary>
    public EventId? ReplacesState { get; init; }

    /// <summary>The content of <see cref="ReplacesState"/>.</summary>
    public RawJson? PrevContent { get; init; }

    /// <summary>The sending device and its transaction id, for a local event that had one.</summary>
    public DraftTransaction? Transaction { get; init; }

    /// <summary>For a user concerned rather than the room (invites and knocks of users this server holds, forgetting).</summary>
    public UserId? UserId { get; init; }

    /// <summary>For <see cref="OutputKind.InviteOrKnock"/>: stripped state (a JSON array).</summary>
    public RawJson? StrippedState { get; init; }

    /// <summary>Milliseconds since the epoch when this server stored it.</summary>
    public required long StoredAt { get; init; }
}

/// <summary>The kinds of output.</summary>
public enum OutputKind
{
    /// <summary>An event at the forward end of the room.</summary>
    NewEvent = 1,

    /// <summary>An event of the past, found by backfill.</summary>
    OldEvent = 2,

    /// <summary>A stored event was redacted.</summary>
    Redacted = 3,

    /// <summary>A local user was invited or knocked, with the stripped state to show; told beside the member event where this
    /// server is in the room, alone where it is not.</summary>
    InviteOrKnock = 4,

    /// <summary>An invite or knock without a room is over (rejected, retracted).</summary>
    InviteOrKnockEnded = 5,

    /// <summary>A local user forgot the room.</summary>
    Forgotten = 6,

    /// <summary>The room was purged.</summary>
    Purged = 7,
}

/// <summary>A slot of the current state got another event, or none.</summary>
public sealed record StateChange
{
    /// <summary>Event type of the slot.</summary>
    public required string Type { get; init; }

    /// <summary>State key of the slot.</summary>
    public required string StateKey { get; init; }

    /// <summary>What stands there now; null when state resolution emptied the slot.</summary>
    public EventId? EventId { get; init; }

    /// <summary>The PDU that stands there now, unless it is the output's own event.</summary>
    public RawJson? Event { get; init; }
}
