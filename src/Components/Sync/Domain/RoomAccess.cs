using Matrix.Bus.Protocol;

namespace Matrix.Bus.Sync.Domain;

/// <summary>What one viewer may read of one room, as of one position of the stream.</summary>
sealed class RoomAccess
{
    readonly IReadOnlyList<long> _turns;

    /// <param name="roomId">The room, known or not.</param>
    /// <param name="viewer">The viewer.</param>
    /// <param name="head">The position.</param>
    /// <param name="visibility">What the viewer was to the room up to there.</param>
    /// <param name="turns">The positions at which that changed, ascending.</param>
    /// <param name="ignored">Whose messages the viewer does not want.</param>
    public RoomAccess(RoomId roomId, UserId viewer, long head, Visibility visibility, IReadOnlyList<long> turns, IReadOnlySet<string> ignored)
    {
        (RoomId, Viewer, Head, Visibility, Ignored, _turns) = (roomId, viewer, head, visibility, ignored, turns);
        StateAt = visibility.Now == Membership.Join || visibility.VisibilityAt(head) == HistoryVisibility.WorldReadable
            ? head
            : visibility.LeftAt;
    }

    public RoomId RoomId { get; }

    public UserId Viewer { get; }

    public long Head { get; }

    public Visibility Visibility { get; }

    public IReadOnlySet<string> Ignored { get; }

    public bool IsJoined => Visibility.Now == Membership.Join;

    /// <summary>The position whose state the viewer may read: now for members and for everybody if the room is world-readable, else
    /// the leaving; null for who has no business here.</summary>
    public long? StateAt { get; }

    /// <summary>Up to where the viewer sees what relates to events.</summary>
    public long RelationsUpTo => StateAt ?? (Visibility.Now == Membership.Invite ? Head : long.MinValue);

    /// <summary>May the viewer see this event of the room?</summary>
    public bool CanSee(SyncEvent it) => it.Position is { } position
        ? position <= Head && Visibility.CanSee(position, it.Type, it.StateKey, Viewer)
        : IsJoined;

    /// <summary>True unless it is a message of a user whom the viewer ignores.</summary>
    public bool Wants(SyncEvent it) => it.IsState || !Ignored.Contains(it.Sender);

    /// <summary>What the viewer was at an event: the word for it, as events carry it.</summary>
    public Membership MembershipAt(SyncEvent it) =>
        it.Position is { } position && Visibility.MembershipAt(position) is var membership and not Membership.None ? membership : Membership.Leave;

    /// <summary>The stretches of the timeline within (after, upTo] outside of which the viewer sees nothing, ascending and apart.</summary>
    public IReadOnlyList<Part> Readable(long after, long upTo)
    {
        var found = new List<Part>();
        var start = long.MinValue;
        // Position 0 is a turn too: of events up to it, which lie in the past, less is known.
        foreach (var turn in _turns.Append(0).Append(Head).Where(turn => turn <= Head).Distinct().Order())
        {
            // Between turns nothing changes, so one position speaks for all; at a turn the event itself may be seen for itself.
            if (Visibility.CanSee(turn, "", null, Viewer))
                Add(start, turn);
            else if (Visibility.CanSee(turn, EventTypes.Member, Viewer.Value, Viewer) || Visibility.CanSee(turn, EventTypes.HistoryVisibility, "", Viewer))
                Add(turn - 1, turn);
            start = turn;
        }
        return found;

        void Add(long from, long to)
        {
            (from, to) = (Math.Max(from, after), Math.Min(to, upTo));
            if (from >= to)
                return;
            if (found.Count > 0 && found[^1].UpTo == from)
                found[^1] = new Part(found[^1].After, to);
            else
                found.Add(new Part(from, to));
        }
    }

    /// <summary>Positions after one, up to another.</summary>
    public readonly record struct Part(long After, long UpTo);
}
