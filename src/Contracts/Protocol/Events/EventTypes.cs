namespace Matrix.Bus.Protocol;

/// <summary>The event types that the protocol itself knows by name.</summary>
public static class EventTypes
{
    /// <summary>m.room.create</summary>
    public const string Create = "m.room.create";

    /// <summary>m.room.member</summary>
    public const string Member = "m.room.member";

    /// <summary>m.room.power_levels</summary>
    public const string PowerLevels = "m.room.power_levels";

    /// <summary>m.room.join_rules</summary>
    public const string JoinRules = "m.room.join_rules";

    /// <summary>m.room.history_visibility</summary>
    public const string HistoryVisibility = "m.room.history_visibility";

    /// <summary>m.room.guest_access</summary>
    public const string GuestAccess = "m.room.guest_access";

    /// <summary>m.room.third_party_invite</summary>
    public const string ThirdPartyInvite = "m.room.third_party_invite";

    /// <summary>m.room.redaction</summary>
    public const string Redaction = "m.room.redaction";

    /// <summary>m.room.aliases</summary>
    public const string Aliases = "m.room.aliases";

    /// <summary>m.room.canonical_alias</summary>
    public const string CanonicalAlias = "m.room.canonical_alias";

    /// <summary>m.room.name</summary>
    public const string Name = "m.room.name";

    /// <summary>m.room.topic</summary>
    public const string Topic = "m.room.topic";

    /// <summary>m.room.avatar</summary>
    public const string Avatar = "m.room.avatar";

    /// <summary>m.room.encryption</summary>
    public const string Encryption = "m.room.encryption";

    /// <summary>m.room.encrypted</summary>
    public const string Encrypted = "m.room.encrypted";

    /// <summary>m.room.message</summary>
    public const string Message = "m.room.message";

    /// <summary>m.room.tombstone</summary>
    public const string Tombstone = "m.room.tombstone";

    /// <summary>m.room.server_acl</summary>
    public const string ServerAcl = "m.room.server_acl";

    /// <summary>m.room.pinned_events</summary>
    public const string PinnedEvents = "m.room.pinned_events";

    /// <summary>m.space.child</summary>
    public const string SpaceChild = "m.space.child";

    /// <summary>m.space.parent</summary>
    public const string SpaceParent = "m.space.parent";

    /// <summary>m.reaction</summary>
    public const string Reaction = "m.reaction";

    static readonly HashSet<string> known =
    [
        Create, Member, PowerLevels, JoinRules, HistoryVisibility, GuestAccess, ThirdPartyInvite, Redaction, Aliases, CanonicalAlias, Name,
        Topic, Avatar, Encryption, Encrypted, Message, Tombstone, ServerAcl, PinnedEvents, SpaceChild, SpaceParent, Reaction,
    ];

    /// <summary>The one instance of a known type, so that a million events do not hold a million copies.</summary>
    internal static string Shared(string type) => known.TryGetValue(type, out var shared) ? shared : type;
}
