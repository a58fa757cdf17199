using Matrix.Bus.Protocol;

namespace Matrix.Bus.Messages.Rooms;

/// <summary>A local user changes a membership: their own (join, leave, knock) or another's (invite, kick, ban, unban).</summary>
/// <remarks>Repeatable: a membership that is already so is answered with the event that made it so.</remarks>
[AnsweredBy(ComponentNames.RoomServer)]
public sealed record ChangeMembership : IPerform<MembershipChanged>
{
    /// <summary>What to do.</summary>
    public required MembershipAction Action { get; init; }

    /// <summary>The room.</summary>
    public required RoomId RoomId { get; init; }

    /// <summary>Who does it; local.</summary>
    public required UserId Sender { get; init; }

    /// <summary>Whose membership; the sender's own for join, leave and knock.</summary>
    public required UserId Target { get; init; }

    /// <summary>Why, in the user's words.</summary>
    public string? Reason { get; init; }

    /// <summary>Further content keys from the client (a member event put as state), an object.</summary>
    public RawJson? Content { get; init; }

    /// <summary>Servers that may help with a room this one is not in.</summary>
    public IReadOnlyList<ServerName> Via { get; init; } = [];

    /// <summary>An invite into a direct chat.</summary>
    public bool IsDirect { get; init; }
}

/// <summary>What to do with a membership.</summary>
public enum MembershipAction
{
    /// <summary>Join, by public, restricted or invite.</summary>
    Join = 1,

    /// <summary>Leave, reject an invite, retract a knock.</summary>
    Leave = 2,

    /// <summary>Invite the target.</summary>
    Invite = 3,

    /// <summary>Remove the target.</summary>
    Kick = 4,

    /// <summary>Ban the target.</summary>
    Ban = 5,

    /// <summary>Lift the target's ban.</summary>
    Unban = 6,

    /// <summary>Ask to be let in.</summary>
    Knock = 7,
}

/// <summary>The membership is as asked.</summary>
public sealed record MembershipChanged
{
    /// <summary>The room.</summary>
    public required RoomId RoomId { get; init; }

    /// <summary>The member event that says so.</summary>
    public required EventId EventId { get; init; }
}
