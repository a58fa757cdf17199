using Matrix.Bus.Protocol;

namespace Matrix.Bus.Sync.Domain;

/// <summary>One thing that clients may come to see: it gets one place in the stream when it is committed.</summary>
sealed class Change
{
    /// <summary>The room it is about; null for a user's own affairs.</summary>
    public string? RoomId { get; init; }

    /// <summary>The version of that room, where the log told it.</summary>
    public string? RoomVersion { get; init; }

    /// <summary>An event that takes its place in the room's timeline.</summary>
    public SyncEvent? Event { get; init; }

    /// <summary>True if <see cref="Event"/> lies before everything known: in the timeline, not in the stream.</summary>
    public bool IsPast { get; init; }

    /// <summary>How current state changed.</summary>
    public IReadOnlyList<StateDelta> Deltas { get; init; } = [];

    /// <summary>What concerns one user beside the room.</summary>
    public Notice? Notice { get; init; }

    /// <summary>A stored event that was redacted: its new form, with <see cref="SyncEvent.RedactedBecauseId"/>.</summary>
    public SyncEvent? Redacted { get; init; }

    /// <summary>A new value of a stream that is not made of events.</summary>
    public Item? Item { get; init; }

    /// <summary>True if the room is no more.</summary>
    public bool IsPurge { get; init; }
}

/// <summary>A slot of current state got another event, or none.</summary>
/// <param name="Type">Event type.</param>
/// <param name="StateKey">State key.</param>
/// <param name="EventId">What stands there now, if anything.</param>
/// <param name="Event">The same, where it was told.</param>
/// <param name="IsOwn">True if it is the change's own timeline event.</param>
sealed record StateDelta(string Type, string StateKey, string? EventId, SyncEvent? Event, bool IsOwn)
{
    public short Value => Event?.Value ?? 0;

    public bool IsMember => Type == EventTypes.Member;
}

/// <summary>An invite or knock with what to show of the room, the end of one, or that the user forgot the room.</summary>
sealed record Notice(NoticeKind Kind, string UserId, Membership Membership, byte[]? Stripped, string? Inviter);

/// <summary>The kinds of notices.</summary>
enum NoticeKind
{
    Pending,
    Ended,
    Forgotten,
}

/// <summary>The newest value under a key of a stream.</summary>
/// <param name="Stream">Which stream.</param>
/// <param name="RoomId">The room, or empty for the user's own affairs.</param>
/// <param name="UserId">The only user who sees it, or empty for everyone in the room.</param>
/// <param name="Key">What it replaces the last value of.</param>
/// <param name="Body">As its stream writes and reads it.</param>
sealed record Item(ItemStream Stream, string RoomId, string UserId, string Key, byte[] Body);

/// <summary>The streams of items. The numbers are stored.</summary>
enum ItemStream : short
{
    /// <summary>Account data, tags included: the user's, of the account or of a room; the key is the event type.</summary>
    AccountData = 1,

    /// <summary>Who types in a room; one key.</summary>
    Typing = 2,

    /// <summary>Read receipts; a key for each reader, kind and thread.</summary>
    Receipt = 3,

    /// <summary>A purged room: hosts forget it.</summary>
    Purge = 100,
}

/// <summary>A committed change in its place.</summary>
sealed class StreamEntry(long position, Change change)
{
    public long Position { get; } = position;

    public Change Change { get; } = change;

    /// <summary>The timeline event; replaced when it is redacted.</summary>
    public SyncEvent? Event { get; set; } = change.Event is { } timeline ? timeline with { Position = position } : null;

    /// <summary>True once another event that relates to this one was seen: only then is it worth asking for aggregations.</summary>
    public bool HasRelations { get; set; }
}
