using Matrix.Bus.Protocol;
using Matrix.Bus.Sync.Domain;
using Matrix.Bus.Sync.Storage;

namespace Matrix.Bus.Sync.Reading;

/// <summary>What a client asks for.</summary>
sealed record SyncRequest
{
    public required UserId UserId { get; init; }

    public required string DeviceId { get; init; }

    /// <summary>Null for an initial sync.</summary>
    public long? Since { get; init; }

    /// <summary>What the client was told of who types.</summary>
    public IReadOnlyDictionary<uint, uint> Typing { get; init; } = TypingMarks.None;

    public bool FullState { get; init; }

    public bool UseStateAfter { get; init; }

    public required SyncFilter Filter { get; init; }
}

/// <summary>What a client gets.</summary>
sealed class SyncAnswer(long next)
{
    public long Next { get; } = next;

    /// <summary>What the client then knows of who types.</summary>
    public IReadOnlyDictionary<uint, uint> Typing { get; set; } = TypingMarks.None;

    public List<RoomAnswer> Joined { get; } = [];

    public List<RoomAnswer> Left { get; } = [];

    /// <summary>Room ids with stripped state.</summary>
    public List<(string RoomId, byte[]? Stripped)> Invited { get; } = [];

    public List<(string RoomId, byte[]? Stripped)> Knocked { get; } = [];

    /// <summary>Account data events.</summary>
    public List<Item> AccountData { get; } = [];

    public bool IsEmpty => Joined.Count == 0 && Left.Count == 0 && Invited.Count == 0 && Knocked.Count == 0 && AccountData.Count == 0;
}

/// <summary>One room of an answer.</summary>
sealed class RoomAnswer(string roomId)
{
    public string RoomId { get; } = roomId;

    public List<SyncEvent> Timeline { get; set; } = [];

    public bool Limited { get; set; }

    /// <summary>Where the timeline begins.</summary>
    public long PrevBatch { get; set; }

    public List<SyncEvent> State { get; set; } = [];

    /// <summary>What the viewer was to the room; null if joined all along.</summary>
    public Visibility? Visibility { get; set; }

    public List<Item> Ephemeral { get; } = [];

    public List<Item> AccountData { get; } = [];

    public RoomSummary? Summary { get; set; }

    /// <summary>True if counts or heroes may have changed.</summary>
    public bool WantsSummary { get; set; }

    /// <summary>The position whose member events go with the state.</summary>
    public long MembersAt { get; set; }

    /// <summary>True if the client gets everything about the room: its own member event is then never left out.</summary>
    public bool IsFull { get; set; }

    /// <summary>Up to where the viewer sees what relates to events.</summary>
    public long RelationsUpTo { get; set; }

    /// <summary>The timeline events that something may relate to; null if that is not known.</summary>
    public List<string>? Related { get; set; }

    public bool IsEmpty => Timeline.Count == 0 && State.Count == 0 && Ephemeral.Count == 0 && AccountData.Count == 0 && !WantsSummary;
}
