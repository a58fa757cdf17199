namespace Matrix.Bus.Protocol;

/// <summary>The event types that this server itself has to understand.</summary>
public static class EventTypes
{
    /// <summary>The first event of a room.</summary>
    public const string Create = "m.room.create";

    /// <summary>A user's membership; the state key is the user.</summary>
    public const string Member = "m.room.member";

    /// <summary>Who may do what.</summary>
    public const string PowerLevels = "m.room.power_levels";

    /// <summary>Who may join.</summary>
    public const string JoinRules = "m.room.join_rules";

    /// <summary>An invite to somebody known by an email address or the like; the state key is its token.</summary>
    public const string ThirdPartyInvite = "m.room.third_party_invite";

    /// <summary>Removes another event's content.</summary>
    public const string Redaction = "m.room.redaction";

    /// <summary>Aliases of one server; authorised specially in room versions 1 to 5.</summary>
    public const string Aliases = "m.room.aliases";
}
