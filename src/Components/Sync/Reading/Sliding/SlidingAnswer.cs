using Matrix.Bus.Protocol;
using Matrix.Bus.Sync.Domain;
using Matrix.Bus.Sync.Storage;

namespace Matrix.Bus.Sync.Reading.Sliding;

/// <summary>What a sliding sync's client gets.</summary>
sealed class SlidingAnswer(long head)
{
    public long Head { get; } = head;

    public IReadOnlyDictionary<string, int> Counts { get; set; } = new Dictionary<string, int>();

    public List<SlidingResult> Rooms { get; } = [];

    public IReadOnlyDictionary<string, Bundle> Bundles { get; set; } = new Dictionary<string, Bundle>();

    public ExtensionAnswers Extensions { get; set; } = new();

    public bool IsEmpty => Rooms.Count == 0 && Extensions.IsEmpty;
}

/// <summary>One room of an answer.</summary>
sealed class SlidingResult(CoveredRoom covered)
{
    public CoveredRoom Covered { get; } = covered;

    public string RoomId => Covered.RoomId;

    public Membership Membership => Covered.Room.Membership;

    /// <summary>Everything up to here was told before; the least number for nothing.</summary>
    public long ToldUpTo { get; set; } = long.MinValue;

    /// <summary>Where the timeline begins: after what was told, or further back.</summary>
    public long After { get; set; } = long.MinValue;

    /// <summary>Up to where the viewer sees the room: the head, or where they left.</summary>
    public long UpTo { get; set; }

    public bool IsInitial { get; set; }

    public bool IsExpanded { get; set; }

    /// <summary>True if only stripped state may be told.</summary>
    public bool IsStripped { get; set; }

    /// <summary>What the viewer was to the room; null if joined since the client was told of it.</summary>
    public Visibility? Visibility { get; set; }

    /// <summary>What was wanted when the client was told last, if that was less.</summary>
    public IReadOnlyList<Domain.Sliding.RequiredState>? FormerStates { get; set; }

    public List<SyncEvent> Timeline { get; set; } = [];

    public bool Limited { get; set; }

    public long PrevBatch { get; set; }

    public int Live { get; set; }

    /// <summary>By slot.</summary>
    public Dictionary<(string Type, string Key), SyncEvent> State { get; } = [];

    /// <summary>Name and avatar events that are new to the client.</summary>
    public SyncEvent? Name { get; set; }

    public SyncEvent? Avatar { get; set; }

    public RoomSummary? Summary { get; set; }

    public List<SyncEvent> Heroes { get; } = [];

    public bool IsDirect { get; set; }

    public long? Bump { get; set; }

    public bool WantsSummary { get; set; }

    public bool HasNews => IsInitial || IsExpanded || IsStripped || Timeline.Count > 0 || State.Count > 0 || Name is not null || Avatar is not null || WantsSummary;
}

/// <summary>What the extensions tell.</summary>
sealed class ExtensionAnswers
{
    public List<Item> AccountData { get; } = [];

    public Dictionary<string, List<Item>> RoomAccountData { get; } = [];

    public Dictionary<string, List<Item>> Receipts { get; } = [];

    /// <summary>Who types, by room.</summary>
    public Dictionary<string, IReadOnlyList<string>> Typing { get; } = [];

    /// <summary>What the client then knows of who types.</summary>
    public Dictionary<uint, uint> TypingMarks { get; } = [];

    public bool IsEmpty => AccountData.Count == 0 && RoomAccountData.Count == 0 && Receipts.Count == 0 && Typing.Count == 0;
}
