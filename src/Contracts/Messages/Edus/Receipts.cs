using Matrix.Bus.Protocol;

namespace Matrix.Bus.Messages.Edus;

/// <summary>A user says up to where they have read a room. Refuses with 403 who is not in it, with 404 an event that is not in its
/// timeline, with 400 M_INVALID_PARAM an event that is not of the thread named; then nothing is stored. What would move a marker
/// backwards does nothing, and so does a repeat.</summary>
[AnsweredBy(ComponentNames.Receipts)]
public sealed record InputReceipts : IPerform<Done>
{
    /// <summary>The room.</summary>
    public required RoomId RoomId { get; init; }

    /// <summary>Who has read.</summary>
    public required UserId UserId { get; init; }

    /// <summary>What they say, at most ten.</summary>
    public required IReadOnlyList<ReadMark> Marks { get; init; }
}

/// <summary>One marker of a user in a room.</summary>
public sealed record ReadMark
{
    /// <summary>The thread of the main timeline.</summary>
    public const string MainThread = "main";

    /// <summary>Which marker.</summary>
    public required ReceiptKind Kind { get; init; }

    /// <summary>Up to here.</summary>
    public required EventId EventId { get; init; }

    /// <summary>The root of a thread, or <see cref="MainThread"/>; null for the room whatever the thread.</summary>
    public string? ThreadId { get; init; }
}

/// <summary>The kinds of markers.</summary>
public enum ReceiptKind
{
    /// <summary><c>m.read</c>: for everybody to see.</summary>
    Read = 1,

    /// <summary><c>m.read.private</c>: for the user alone.</summary>
    ReadPrivate = 2,

    /// <summary><c>m.fully_read</c>: account data of the user in the room.</summary>
    FullyRead = 3,
}

/// <summary>A receipt moved forwards.</summary>
[Log("receipts", ComponentNames.Receipts)]
public sealed record OutputReceipt : ILogEntry
{
    /// <inheritdoc/>
    public string Key => RoomId.Value;

    /// <summary>The room.</summary>
    public required RoomId RoomId { get; init; }

    /// <summary>Whose.</summary>
    public required UserId UserId { get; init; }

    /// <summary><see cref="ReceiptKind.Read"/>, or <see cref="ReceiptKind.ReadPrivate"/>, which nobody but the user may get to see.</summary>
    public required ReceiptKind Kind { get; init; }

    /// <summary>Read up to here.</summary>
    public required EventId EventId { get; init; }

    /// <summary>The root of a thread, or <see cref="ReadMark.MainThread"/>; null for the room whatever the thread.</summary>
    public string? ThreadId { get; init; }

    /// <summary>When, in milliseconds since the epoch.</summary>
    public required long SentAt { get; init; }
}

/// <summary>Asks for the newest receipts of each user in a room.</summary>
[AnsweredBy(ComponentNames.Receipts)]
public sealed record QueryRoomReceipts : IQuery<RoomReceipts>
{
    /// <summary>The room.</summary>
    public required RoomId RoomId { get; init; }

    /// <summary>Whose private receipts to include; null for public ones alone.</summary>
    public UserId? Viewer { get; init; }
}

/// <summary>Receipts of a room.</summary>
public sealed record RoomReceipts
{
    /// <summary>One for each user, kind and thread.</summary>
    public required IReadOnlyList<OutputReceipt> Receipts { get; init; }
}
