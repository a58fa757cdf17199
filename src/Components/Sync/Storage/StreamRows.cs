using Matrix.Bus.Protocol;
using Matrix.Bus.Sync.Domain;

namespace Matrix.Bus.Sync.Storage;

/// <summary>The rows of a commit, gathered in order: where one thing changed several times, the table gets the last.</summary>
/// <remarks>A row's <c>At</c> is its distance from the stream's position before the commit, from 1; negative in the past, 0 without a place.</remarks>
sealed class StreamRows
{
    public StreamRows(IReadOnlyList<WriteUnit> units)
    {
        foreach (var unit in units)
        {
            foreach (var change in unit.Changes)
                Add(change);
        }
    }

    /// <summary>The changes that take a place in the stream, in order.</summary>
    public List<Change> Placed { get; } = [];

    public long Count => Placed.Count;

    public long PastCount { get; private set; }

    public Dictionary<string, string> Rooms { get; } = [];

    public Dictionary<string, (SyncEvent Event, long At)> Events { get; } = [];

    public List<DeltaRow> Deltas { get; } = [];

    public Dictionary<(string Room, string Type, string Key), DeltaRow> Slots { get; } = [];

    public Dictionary<(string Room, string User), MemberRow> Members { get; } = [];

    public Dictionary<(string Room, string User), PatchRow> Patches { get; } = [];

    public List<(SyncEvent Event, long At)> Relations { get; } = [];

    public Dictionary<string, (SyncEvent Event, long At)> Redacted { get; } = [];

    public Dictionary<(ItemStream, string, string, string), (Item Item, long At)> Items { get; } = [];

    public List<string> Purged { get; } = [];

    void Add(Change change)
    {
        long at;
        if (change.IsPast)
        {
            at = -++PastCount;
        }
        else
        {
            Placed.Add(change);
            at = Placed.Count;
        }

        if (change.RoomId is { } room && change.RoomVersion is { } version)
            Rooms[room] = version;
        if (change.Event is { } timeline)
        {
            AddEvent(timeline, at);
            if (timeline.Relates is not null)
                Relations.Add((timeline, at));
        }
        foreach (var delta in change.Deltas)
            AddDelta(change.RoomId!, delta, at);
        if (change.Notice is { } notice)
            AddNotice(change.RoomId!, notice, at);
        if (change.Redacted is { } redacted)
        {
            // Inserted in this very commit: the update below would still find it, the tables' order sees to that.
            Redacted[redacted.EventId] = (redacted, at);
        }
        if (change.Item is { } item)
            Items[(item.Stream, item.RoomId, item.UserId, item.Key)] = (item, at);
        if (change.IsPurge)
            Purge(change.RoomId!);
    }

    void AddEvent(SyncEvent added, long at)
    {
        if (!Events.TryGetValue(added.EventId, out var known) || known.At == 0)
            Events[added.EventId] = (added, at);
    }

    void AddDelta(string room, StateDelta delta, long at)
    {
        if (delta.Event is { } stands && !delta.IsOwn)
            AddEvent(stands, 0);
        var slot = (room, delta.Type, delta.StateKey);
        var chained = Slots.TryGetValue(slot, out var last);
        // Twice in one change would be two rows of one position: the last one stands.
        if (chained && last!.At == at)
        {
            Deltas.Remove(last);
            (chained, last) = (last.Chained, last with { Delta = last.Delta with { EventId = last.Previous } });
        }
        var row = new DeltaRow(room, delta, at, chained, last?.Delta.EventId);
        Deltas.Add(row);
        Slots[slot] = row;
        if (delta.IsMember)
        {
            var membership = delta.EventId is null ? Membership.Leave : (Membership)delta.Value;
            Members.TryGetValue((room, delta.StateKey), out var before);
            Members[(room, delta.StateKey)] = new MemberRow(room, delta.StateKey, membership, delta.EventId, at,
                membership is Membership.Invite or Membership.Knock ? before?.Stripped : null, false, before?.NoticedAt ?? 0);
        }
    }

    void AddNotice(string room, Notice notice, long at)
    {
        var key = (room, notice.UserId);
        Members.TryGetValue(key, out var member);
        switch (notice.Kind)
        {
            case NoticeKind.Pending:
                Members[key] = new MemberRow(room, notice.UserId, notice.Membership, member?.EventId, at, notice.Stripped, false, at);
                break;
            case NoticeKind.Ended when member is not null:
                if (member.Membership is Membership.Invite or Membership.Knock)
                    Members[key] = member with { Membership = Membership.Leave, At = at, Stripped = null, NoticedAt = at };
                break;
            case NoticeKind.Forgotten when member is not null:
                Members[key] = member with { Forgotten = true, NoticedAt = at };
                break;
            default:
                Patches.TryGetValue(key, out var patch);
                Patches[key] = new PatchRow(room, notice.UserId, at,
                    notice.Kind == NoticeKind.Ended || patch?.Ended == true, notice.Kind == NoticeKind.Forgotten || patch?.Forgotten == true);
                break;
        }
    }

    /// <summary>What the same commit said of the room before is not written at all.</summary>
    void Purge(string room)
    {
        Purged.Add(room);
        Rooms.Remove(room);
        foreach (var gone in Events.Values.Where(e => e.Event.RoomId == room).ToList())
            Events.Remove(gone.Event.EventId);
        Deltas.RemoveAll(delta => delta.RoomId == room);
        Relations.RemoveAll(relation => relation.Event.RoomId == room);
        foreach (var slot in Slots.Keys.Where(slot => slot.Room == room).ToList())
            Slots.Remove(slot);
        foreach (var key in Members.Keys.Where(key => key.Room == room).ToList())
            Members.Remove(key);
        foreach (var key in Items.Where(item => item.Value.Item.RoomId == room && item.Value.Item.Stream != ItemStream.Purge).Select(item => item.Key).ToList())
            Items.Remove(key);
    }
}

/// <summary>A change of a slot; chained to the one before it in the same commit.</summary>
sealed record DeltaRow(string RoomId, StateDelta Delta, long At, bool Chained, string? Previous);

/// <summary>A user's new membership.</summary>
sealed record MemberRow(string RoomId, string UserId, Membership Membership, string? EventId, long At, byte[]? Stripped, bool Forgotten, long NoticedAt);

/// <summary>A membership that ended or was forgotten, whatever it was.</summary>
sealed record PatchRow(string RoomId, string UserId, long At, bool Ended, bool Forgotten);
