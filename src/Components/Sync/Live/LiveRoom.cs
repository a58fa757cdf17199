using Matrix.Bus.Sync.Domain;

namespace Matrix.Bus.Sync.Live;

/// <summary>A room that somebody watches or that something happened in lately. Guarded by its stream's gate.</summary>
sealed class LiveRoom(string roomId)
{
    const int MaxMembers = 2000;

    readonly Dictionary<string, StreamEntry> _timeline = [];
    readonly Dictionary<string, SyncEvent> _members = [];

    public string RoomId { get; } = roomId;

    /// <summary>What happened here, as far back as the stream is kept.</summary>
    public EntryQueue Entries { get; } = new();

    /// <summary>The users in this room whose view is kept here.</summary>
    public HashSet<UserView> Viewers { get; } = [];

    public bool IsIdle => Entries.Count == 0 && Viewers.Count == 0;

    public void Add(StreamEntry entry)
    {
        Entries.Add(entry);
        var change = entry.Change;
        if (entry.Event is { } added)
        {
            _timeline[added.EventId] = entry;
            if (added.Relates is { } relates && _timeline.TryGetValue(relates.ParentId, out var parent))
                parent.HasRelations = true;
        }
        foreach (var delta in change.Deltas)
        {
            if (delta.IsMember)
                Forget(delta);
        }
        if (change.Redacted is { } redacted)
            Redact(redacted);
    }

    void Redact(SyncEvent redacted)
    {
        _members.Clear();
        var because = redacted.RedactedBecause
            ?? (redacted.RedactedBecauseId is { } id && _timeline.TryGetValue(id, out var redaction) ? redaction.Event!.Json : null);
        if (_timeline.TryGetValue(redacted.EventId, out var entry) && entry.Event is { } old)
        {
            entry.Event = redacted with
            {
                Position = old.Position,
                DeviceId = old.DeviceId,
                TransactionId = old.TransactionId,
                ReplacesState = old.ReplacesState,
                PrevContent = old.PrevContent,
                RedactedBecause = because,
            };
            entry.HasRelations = true;
        }
        // What it said must not be read from what replaced it either.
        foreach (var replacing in _timeline.Values.Where(other => other.Event?.ReplacesState == redacted.EventId))
            replacing.Event = replacing.Event! with { PrevContent = null };
    }

    void Forget(StateDelta delta)
    {
        if (delta.Event is { } now && _members.ContainsKey(delta.StateKey))
            _members[delta.StateKey] = now;
        else
            _members.Remove(delta.StateKey);
    }

    public void RemoveFirst()
    {
        var first = Entries.First;
        Entries.RemoveFirst();
        if (first.Event is { } gone)
            _timeline.Remove(gone.EventId);
    }

    /// <summary>The member event of a user, if it is at hand.</summary>
    public SyncEvent? Member(string userId) => _members.GetValueOrDefault(userId);

    /// <summary>Keeps a member event that was read at the newest position.</summary>
    public void Keep(SyncEvent member)
    {
        if (_members.Count >= MaxMembers)
            _members.Clear();
        _members[member.StateKey!] = member;
    }
}
