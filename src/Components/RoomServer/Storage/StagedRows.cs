using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Rooms;

namespace Matrix.Bus.RoomServer;

readonly record struct RoomRow(long Room, string RoomId, string Version);

readonly record struct HeadRow(long Room, long Sequence, long Depth, string Extremities, long Snapshot, int Joined, int Invited);

readonly record struct EventRow(
    long Event, long Room, string EventId, int Type, long Key, long Depth, long Timestamp, long Snapshot, long Replaces, short Verdict, byte[] Auth,
    ReadOnlyMemory<byte> Json, bool Redacted);

readonly record struct OutputRow(
    long Position, short Kind, long Room, long Sequence, long Event, long StoredAt, DraftTransaction? Transaction, byte[]? Extra);

readonly record struct TransactionRow(Guid Key, string EventId, long StoredAt);

readonly record struct SnapshotRow(long Nid, long Room, long Level1, byte[] Delta);

readonly record struct Level1Row(long Nid, long Room, long Level0, int Level0Count, byte[] Delta);

readonly record struct Level0Row(long Nid, int FirstType, long FirstKey, long Room, byte[] Entries)
{
    /// <summary>Slots in a chunk: about 8 KB.</summary>
    public const int Slots = 1024;
}

readonly record struct CurrentRow(long Room, int Type, long Key, long Event);

readonly record struct MembershipRow(string UserId, long Room, short Membership, long Event);

readonly record struct CheckRow(string EventId, string RoomId, short Verdict, string Rule, string Reason, long CheckedAt);

readonly record struct RedactedRow(long Event, ReadOnlyMemory<byte> Json);

/// <summary>An outlier that has found its place in the graph.</summary>
readonly record struct PlacedRow(long Event, long Snapshot, long Replaces, short Verdict);

readonly record struct ForgottenRow(string UserId, long Room);

readonly record struct WaitingRedactionRow(string Redacts, long Redaction);

/// <summary>What one batch of a partition wants to store, in one transaction or not at all.</summary>
sealed class StagedRows
{
    public int Partition { get; init; }

    public long Epoch { get; init; }

    public long OldPosition { get; init; }

    /// <summary>What the commit of these rows, and of nothing else, leaves in the partition's row.</summary>
    public Guid CommitMark { get; } = Guid.NewGuid();

    public long NewPosition => OldPosition + Outputs.Count;

    public List<RoomRow> Rooms { get; } = [];

    public List<HeadRow> Heads { get; } = [];

    public List<EventRow> Events { get; } = [];

    public List<OutputRow> Outputs { get; } = [];

    public List<TransactionRow> Transactions { get; } = [];

    public List<SnapshotRow> Snapshots { get; } = [];

    public List<Level1Row> Level1 { get; } = [];

    public List<Level0Row> Level0 { get; } = [];

    public List<CurrentRow> Current { get; } = [];

    public List<MembershipRow> Memberships { get; } = [];

    public List<CheckRow> Checks { get; } = [];

    public List<RedactedRow> Redacted { get; } = [];

    public List<WaitingRedactionRow> WaitingRedactions { get; } = [];

    public List<ForgottenRow> Forgotten { get; } = [];

    public List<PlacedRow> Placed { get; } = [];

    /// <summary>What to announce once it is committed, one for each of <see cref="Outputs"/>.</summary>
    public List<Logged<OutputRoomEvent>> Announcements { get; } = [];

    /// <summary>True if there is nothing to commit.</summary>
    public bool IsEmpty => Outputs.Count == 0 && Events.Count == 0 && Checks.Count == 0 && Placed.Count == 0;

    /// <summary>How much there is of everything, to go back to.</summary>
    public Mark Here() => new(
        Rooms.Count, Heads.Count, Events.Count, Outputs.Count, Transactions.Count, Snapshots.Count, Level1.Count, Level0.Count,
        Current.Count, Memberships.Count, Checks.Count, Redacted.Count, WaitingRedactions.Count, Forgotten.Count,
        Placed.Count);

    /// <summary>Forgets what was added since.</summary>
    public void BackTo(Mark mark)
    {
        Cut(Rooms, mark.Rooms);
        Cut(Heads, mark.Heads);
        Cut(Events, mark.Events);
        Cut(Outputs, mark.Outputs);
        Cut(Announcements, mark.Outputs);
        Cut(Transactions, mark.Transactions);
        Cut(Snapshots, mark.Snapshots);
        Cut(Level1, mark.Level1);
        Cut(Level0, mark.Level0);
        Cut(Current, mark.Current);
        Cut(Memberships, mark.Memberships);
        Cut(Checks, mark.Checks);
        Cut(Redacted, mark.Redacted);
        Cut(WaitingRedactions, mark.WaitingRedactions);
        Cut(Forgotten, mark.Forgotten);
        Cut(Placed, mark.Placed);
    }

    static void Cut<T>(List<T> list, int count) => list.RemoveRange(count, list.Count - count);

    public readonly record struct Mark(
        int Rooms, int Heads, int Events, int Outputs, int Transactions, int Snapshots, int Level1, int Level0, int Current,
        int Memberships, int Checks, int Redacted, int WaitingRedactions, int Forgotten, int Placed);
}
