using Matrix.Bus.Protocol;

namespace Matrix.Bus.RoomServer;

/// <summary>An event at the forward end of a room.</summary>
readonly record struct Extremity(long Nid, EventId Id);

/// <summary>
/// A room in memory at its forward end: what the next event needs. Of its state it holds the slots that were asked for; a slot
/// that is not here must be loaded before it is asked about.
/// </summary>
/// <remarks>Used by the owner of its partition alone, one batch at a time.</remarks>
sealed class RoomHead : IAuthContext
{
    readonly Dictionary<string, StateEntry> _members = [];
    readonly Dictionary<StateSlot, StateEntry> _others = [];
    List<Undo>? _undo;
    RoomCreation? _creation;
    PowerLevels? _powerLevels;
    string? _joinRule;

    /// <summary>The room's number.</summary>
    public required long Nid { get; init; }

    /// <summary>The room.</summary>
    public required RoomId RoomId { get; init; }

    /// <summary>Its version.</summary>
    public required RoomVersion Version { get; init; }

    /// <summary>The newest sequence number of its output.</summary>
    public long Sequence { get; set; }

    /// <summary>The greatest depth of its forward extremities.</summary>
    public long Depth { get; set; }

    /// <summary>Its forward extremities, the newest last.</summary>
    public Extremity[] Extremities { get; set; } = [];

    /// <summary>Where its current state stands in its snapshots.</summary>
    public SnapshotCursor Snapshot { get; set; } = SnapshotCursor.Empty;

    /// <summary>How many are joined.</summary>
    public int Joined { get; set; }

    /// <summary>How many are invited.</summary>
    public int Invited { get; set; }

    /// <summary>True if every slot of the state is here: what is not here is empty.</summary>
    public bool IsComplete { get; set; }

    /// <summary>When a batch last used it, for putting the coldest out.</summary>
    public long UsedAt { get; set; }

    /// <inheritdoc/>
    public RoomCreation? Creation => _creation ??= Get(StateSlot.Create).Pdu is { } create ? RoomCreation.Of(create) : null;

    /// <inheritdoc/>
    public PowerLevels PowerLevels => _powerLevels ??= PowerLevels.Parse(Version, Get(StateSlot.PowerLevels).Pdu, Creation);

    /// <inheritdoc/>
    public string JoinRule => _joinRule ??= AuthContext.JoinRuleOf(Get(StateSlot.JoinRules).Pdu);

    /// <inheritdoc/>
    public Membership MembershipOf(string user) => Member(user).Membership;

    /// <inheritdoc/>
    public Pdu? ThirdPartyInvite(string token) => Get(new StateSlot(EventTypes.ThirdPartyInvite, token)).Pdu;

    /// <summary>The member event of a user.</summary>
    public StateEntry Member(string user) => _members.TryGetValue(user, out var entry) ? entry : Missing(new StateSlot(EventTypes.Member, user));

    /// <summary>What stands in a slot.</summary>
    /// <exception cref="InvalidOperationException">It was not loaded.</exception>
    public StateEntry Get(StateSlot slot)
    {
        if (slot.Type == EventTypes.Member)
            return Member(slot.StateKey);
        return _others.TryGetValue(slot, out var entry) ? entry : Missing(slot);
    }

    /// <summary>Whether a slot can be asked about.</summary>
    public bool Has(StateSlot slot) =>
        IsComplete || (slot.Type == EventTypes.Member ? _members.ContainsKey(slot.StateKey) : _others.ContainsKey(slot));

    /// <summary>Whether a user's membership can be asked about.</summary>
    public bool HasMember(string user) => IsComplete || _members.ContainsKey(user);

    /// <summary>Puts in what was loaded.</summary>
    public void Load(StateSlot slot, StateEntry entry)
    {
        if (!Has(slot))
            Put(slot, entry);
    }

    /// <summary>Changes the current state.</summary>
    public void Set(StateSlot slot, StateEntry entry)
    {
        var before = Has(slot) ? Get(slot) : null;
        _undo?.Add(new Undo(slot, before));
        if (slot.Type == EventTypes.Member && before is not null)
            Count(before.Membership, entry.Membership);
        Put(slot, entry);
    }

    /// <summary>Replaces an event by its redacted form where it stands in the state; what it means to the room stays the same.</summary>
    public void Redact(Pdu redacted)
    {
        if (StateSlot.Of(redacted) is not { } slot || !Has(slot) || Get(slot) is not { } entry || entry.Pdu?.EventId != redacted.EventId)
            return;
        _undo?.Add(new Undo(slot, entry));
        Put(slot, new StateEntry(redacted, entry.Nid));
    }

    /// <summary>The number of slots in memory.</summary>
    public int LoadedSlots => _members.Count + _others.Count;

    /// <summary>Lets go of the slots that only some senders need.</summary>
    public void Trim()
    {
        _members.Clear();
        IsComplete = false;
    }

    /// <summary>Starts to remember how to get back here.</summary>
    public Saved Save()
    {
        _undo = [];
        return new Saved(Sequence, Depth, Extremities, Snapshot, Joined, Invited);
    }

    /// <summary>Goes back to where <see cref="Save"/> was called.</summary>
    public void Restore(Saved saved)
    {
        (Sequence, Depth, Extremities, Snapshot, Joined, Invited) = (saved.Sequence, saved.Depth, saved.Extremities, saved.Snapshot, saved.Joined, saved.Invited);
        foreach (var undo in Enumerable.Reverse(_undo!))
            Put(undo.Slot, undo.Before ?? StateEntry.Absent);
        _undo = null;
    }

    /// <summary>Keeps what has happened since <see cref="Save"/>.</summary>
    public void Keep() => _undo = null;

    /// <summary>The numbers of a head that <see cref="Restore"/> brings back.</summary>
    public sealed record Saved(long Sequence, long Depth, Extremity[] Extremities, SnapshotCursor Snapshot, int Joined, int Invited);

    readonly record struct Undo(StateSlot Slot, StateEntry? Before);

    void Put(StateSlot slot, StateEntry entry)
    {
        if (slot.Type == EventTypes.Member)
        {
            _members[slot.StateKey] = entry;
            return;
        }
        _others[slot] = entry;
        if (slot.StateKey.Length > 0)
            return;
        switch (slot.Type)
        {
            case EventTypes.Create:
                (_creation, _powerLevels) = (null, null);
                break;
            case EventTypes.PowerLevels:
                _powerLevels = null;
                break;
            case EventTypes.JoinRules:
                _joinRule = null;
                break;
        }
    }

    void Count(Membership before, Membership after)
    {
        Joined += (after == Membership.Join ? 1 : 0) - (before == Membership.Join ? 1 : 0);
        Invited += (after == Membership.Invite ? 1 : 0) - (before == Membership.Invite ? 1 : 0);
    }

    StateEntry Missing(StateSlot slot) => IsComplete
        ? StateEntry.Absent
        : throw new InvalidOperationException($"The slot ({slot.Type}, {slot.StateKey}) of {RoomId} was asked about before it was loaded.");
}
