namespace Matrix.Bus.Protocol;

/// <summary>The authorisation rules that can refuse an event, named; their numbers differ between room versions
/// (<see cref="AuthVerdict.Number"/>). Stored with rejected events: the values stay.</summary>
public enum AuthRule
{
    /// <summary>No rule refused.</summary>
    None = 0,

    /// <summary>A create event has prev events.</summary>
    CreateHasPrevEvents = 1,

    /// <summary>A create event's room is of another domain than its sender (versions 1 to 11).</summary>
    CreateRoomDomain = 2,

    /// <summary>A create event carries a room id (version 12).</summary>
    CreateHasRoomId = 3,

    /// <summary>A create event names an unknown room version.</summary>
    CreateUnknownVersion = 4,

    /// <summary>A create event names no creator (versions 1 to 10).</summary>
    CreateWithoutCreator = 5,

    /// <summary>A create event's additional creators are no user ids (version 12).</summary>
    CreateAdditionalCreators = 6,

    /// <summary>The room id is not that of a known create event (version 12).</summary>
    RoomIdWithoutCreate = 10,

    /// <summary>Two auth events fill the same slot.</summary>
    AuthEventsDuplicate = 20,

    /// <summary>An auth event is not among those to be selected.</summary>
    AuthEventsUnexpected = 21,

    /// <summary>An auth event was rejected.</summary>
    AuthEventsRejected = 22,

    /// <summary>No create event authorises it (versions 1 to 11).</summary>
    AuthEventsWithoutCreate = 23,

    /// <summary>An auth event belongs to another room.</summary>
    AuthEventsOtherRoom = 24,

    /// <summary>An auth event is not known here.</summary>
    AuthEventsUnknown = 25,

    /// <summary>The room does not federate, and the sender is of another server.</summary>
    NotFederated = 30,

    /// <summary>An aliases event has no state key (versions 1 to 5).</summary>
    AliasesWithoutStateKey = 40,

    /// <summary>An aliases event's state key is not the sender's domain (versions 1 to 5).</summary>
    AliasesOtherDomain = 41,

    /// <summary>A member event lacks its state key or membership.</summary>
    MemberMalformed = 50,

    /// <summary>The authorising server of a restricted join did not sign (version 8 and later).</summary>
    JoinAuthoriserSignature = 51,

    /// <summary>Somebody joins somebody else.</summary>
    JoinForAnother = 52,

    /// <summary>A banned user joins.</summary>
    JoinBanned = 53,

    /// <summary>A join that needs an invite has none.</summary>
    JoinNotInvited = 54,

    /// <summary>A restricted join is authorised by nobody who may (version 8 and later).</summary>
    JoinNotAuthorised = 55,

    /// <summary>No join rule lets the user in.</summary>
    JoinRefused = 56,

    /// <summary>A third-party invite of a banned user.</summary>
    ThirdPartyBanned = 60,

    /// <summary>A third-party invite without signed.</summary>
    ThirdPartyUnsigned = 61,

    /// <summary>A third-party invite whose signed part lacks mxid or token.</summary>
    ThirdPartyIncomplete = 62,

    /// <summary>A third-party invite signed for another user.</summary>
    ThirdPartyOtherUser = 63,

    /// <summary>A third-party invite with a token that the room does not know.</summary>
    ThirdPartyUnknownToken = 64,

    /// <summary>A third-party invite by another than who made the token.</summary>
    ThirdPartyOtherSender = 65,

    /// <summary>A third-party invite that none of the room's keys signed.</summary>
    ThirdPartySignature = 66,

    /// <summary>The inviting user is not joined.</summary>
    InviteNotJoined = 70,

    /// <summary>The invited user is joined or banned already.</summary>
    InviteJoinedOrBanned = 71,

    /// <summary>The inviting user's level is too low.</summary>
    InviteLevel = 72,

    /// <summary>A user leaves who is not in the room.</summary>
    LeaveNotIn = 80,

    /// <summary>The kicking user is not joined.</summary>
    KickNotJoined = 81,

    /// <summary>The unbanning user's level is too low.</summary>
    UnbanLevel = 82,

    /// <summary>The kicking user's level is too low, or not above the target's.</summary>
    KickLevel = 83,

    /// <summary>The banning user is not joined.</summary>
    BanNotJoined = 90,

    /// <summary>The banning user's level is too low, or not above the target's.</summary>
    BanLevel = 91,

    /// <summary>The join rule does not let anybody knock (version 7 and later).</summary>
    KnockJoinRule = 100,

    /// <summary>Somebody knocks for somebody else (version 7 and later).</summary>
    KnockForAnother = 101,

    /// <summary>The knocking user is banned, invited or joined (version 7 and later).</summary>
    KnockMembership = 102,

    /// <summary>The membership is none that the version knows.</summary>
    MembershipUnknown = 110,

    /// <summary>The sender is not joined.</summary>
    SenderNotJoined = 120,

    /// <summary>The sender may not invite, and so may not send third-party invites.</summary>
    ThirdPartyInviteLevel = 130,

    /// <summary>The sender's level is below what the event type needs.</summary>
    EventLevel = 140,

    /// <summary>The state key names another user.</summary>
    StateKeyOfAnother = 150,

    /// <summary>A level is not an integer (version 10 and later).</summary>
    LevelNotInteger = 160,

    /// <summary>A level in events or notifications is not an integer (version 10 and later).</summary>
    LevelMapNotInteger = 161,

    /// <summary>The users are not user ids with integers.</summary>
    LevelUsersMalformed = 162,

    /// <summary>The users name a creator (version 12).</summary>
    LevelUsersNameCreator = 163,

    /// <summary>A level is changed from or to above the sender's.</summary>
    LevelChange = 164,

    /// <summary>A level in events or notifications is changed from above the sender's.</summary>
    LevelMapOld = 165,

    /// <summary>A level in events or notifications is changed to above the sender's.</summary>
    LevelMapNew = 166,

    /// <summary>A user's level not below the sender's is changed.</summary>
    LevelUserOld = 167,

    /// <summary>A user is given a level above the sender's.</summary>
    LevelUserNew = 168,

    /// <summary>The redacting user has neither the level nor the domain (versions 1 and 2).</summary>
    RedactionRefused = 170,
}
