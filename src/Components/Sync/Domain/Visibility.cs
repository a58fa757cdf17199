using Matrix.Bus.Protocol;

namespace Matrix.Bus.Sync.Domain;

/// <summary>What one viewer was to a room, and how visible the room was, at every position: all that <see cref="CanSee"/> asks.</summary>
/// <remarks>The one decision about what clients see, for sync, messages, context, relations and whatever reads a timeline. It knows
/// state by its order in this server's stream. Events of the past (positions below 1) were before all known state.</remarks>
sealed class Visibility
{
    readonly List<(long Position, Membership Membership)> _memberships = [];
    readonly List<(long Position, HistoryVisibility Visibility)> _visibilities = [];

    /// <summary>Tells of a change of the viewer's membership, in ascending order; <see cref="Membership.None"/> for an emptied slot.</summary>
    public void Add(long position, Membership membership) => _memberships.Add((position, membership));

    /// <summary>Tells of a change of the room's visibility, in ascending order.</summary>
    public void Add(long position, HistoryVisibility visibility) => _visibilities.Add((position, visibility));

    /// <summary>The viewer's membership after what happened at a position; <see cref="Membership.None"/> before anything.</summary>
    public Membership MembershipAt(long position)
    {
        var found = Membership.None;
        foreach (var (at, membership) in _memberships)
        {
            if (at > position)
                break;
            found = membership;
        }
        return found;
    }

    /// <summary>The room's visibility after what happened at a position.</summary>
    public HistoryVisibility VisibilityAt(long position)
    {
        // Of the time before this server knew the room it only knows how visible the room was when it came to know it.
        if (position < 0)
            return _visibilities.Count > 0 ? _visibilities[0].Visibility : HistoryVisibility.Shared;
        var found = HistoryVisibility.Shared;
        foreach (var (at, visibility) in _visibilities)
        {
            if (at > position)
                break;
            found = visibility;
        }
        return found;
    }

    /// <summary>What the viewer is now.</summary>
    public Membership Now => _memberships.Count > 0 ? _memberships[^1].Membership : Membership.None;

    /// <summary>True if the viewer was ever in the room up to a position.</summary>
    public bool WasJoined(long upTo) => _memberships.Exists(change => change.Position <= upTo && change.Membership == Membership.Join);

    /// <summary>Where the viewer's last stay ended: the change that ended it, null while in the room or never in it.</summary>
    public long? LeftAt
    {
        get
        {
            var joined = _memberships.FindLastIndex(change => change.Membership == Membership.Join);
            return joined >= 0 && joined + 1 < _memberships.Count ? _memberships[joined + 1].Position : null;
        }
    }

    /// <summary>True if the viewer joined at or after a position.</summary>
    public bool JoinsFrom(long position)
    {
        for (var i = _memberships.Count - 1; i >= 0 && _memberships[i].Position >= position; i--)
        {
            if (_memberships[i].Membership == Membership.Join)
                return true;
        }
        return false;
    }

    /// <summary>May the viewer see this event? Visibility and membership count as they stood at the event (before it); for a
    /// visibility event and for the viewer's own member event either side of it is enough.</summary>
    /// <param name="position">The event's place in the timeline.</param>
    /// <param name="type">Its type.</param>
    /// <param name="stateKey">Its state key, null for a message.</param>
    /// <param name="viewer">The viewer.</param>
    public bool CanSee(long position, string type, string? stateKey, UserId viewer)
    {
        var membership = MembershipAt(position - 1);
        var visibility = VisibilityAt(position - 1);
        if (Allows(visibility, membership, position))
            return true;
        if (stateKey is null)
            return false;
        if (type == EventTypes.HistoryVisibility && stateKey.Length == 0)
            return Allows(VisibilityAt(position), membership, position);
        if (type == EventTypes.Member && stateKey == viewer.Value)
        {
            // That an invite came, and how an invite or knock ended, is the user's own affair whatever the room hides.
            var after = MembershipAt(position);
            return Allows(visibility, after, position) || after == Membership.Invite || membership is Membership.Invite or Membership.Knock;
        }
        return false;
    }

    bool Allows(HistoryVisibility visibility, Membership membership, long position) => visibility switch
    {
        HistoryVisibility.WorldReadable => true,
        _ when membership == Membership.Join => true,
        HistoryVisibility.Shared => JoinsFrom(position),
        HistoryVisibility.Invited => membership == Membership.Invite,
        _ => false,
    };
}
