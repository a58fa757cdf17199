using System.Globalization;

namespace Matrix.Bus.Protocol;

/// <summary>Where each rule stands in the specification of a room version, and what it says.</summary>
static class AuthRuleText
{
    /// <summary>The rule's number in the version's list of authorisation rules, such as "5.2.3".</summary>
    public static string Number(AuthRule rule, RoomVersion version)
    {
        var v = version.Number;
        // The list's top level: version 6 dropped the rule for aliases, version 12 put one for the room id in second place.
        var auth = v >= 12 ? 3 : 2;
        var federate = v >= 12 ? 4 : 3;
        var member = v is >= 6 and <= 11 ? 4 : 5;
        // Version 8 put the authoriser's signature before the memberships.
        var join = v >= 8 ? 3 : 2;
        var levels = member + 5;
        // Version 10 put two rules about integers in front of the users, version 12 one about creators behind them.
        var users = v >= 10 ? 3 : 1;
        var change = v switch { >= 12 => 6, >= 10 => 5, _ => 3 };

        return rule switch
        {
            AuthRule.CreateHasPrevEvents => "1.1",
            AuthRule.CreateRoomDomain or AuthRule.CreateHasRoomId => "1.2",
            AuthRule.CreateUnknownVersion => "1.3",
            AuthRule.CreateWithoutCreator or AuthRule.CreateAdditionalCreators => "1.4",
            AuthRule.RoomIdWithoutCreate => "2",
            AuthRule.AuthEventsDuplicate => At(auth, 1),
            AuthRule.AuthEventsUnexpected => At(auth, 2),
            AuthRule.AuthEventsRejected => At(auth, 3),
            AuthRule.AuthEventsWithoutCreate => At(auth, 4),
            AuthRule.AuthEventsOtherRoom => At(auth, 5),
            AuthRule.AuthEventsUnknown => At(auth),
            AuthRule.NotFederated => At(federate),
            AuthRule.AliasesWithoutStateKey => "4.1",
            AuthRule.AliasesOtherDomain => "4.2",
            AuthRule.MemberMalformed => At(member, 1),
            AuthRule.JoinAuthoriserSignature => At(member, 2, 1),
            AuthRule.JoinForAnother => At(member, join, 2),
            AuthRule.JoinBanned => At(member, join, 3),
            AuthRule.JoinNotInvited => At(member, join, 4),
            AuthRule.JoinNotAuthorised => At(member, join, 5, 2),
            AuthRule.JoinRefused => At(member, join, v >= 8 ? 7 : 6),
            AuthRule.ThirdPartyBanned => At(member, join + 1, 1, 1),
            AuthRule.ThirdPartyUnsigned => At(member, join + 1, 1, 2),
            AuthRule.ThirdPartyIncomplete => At(member, join + 1, 1, 3),
            AuthRule.ThirdPartyOtherUser => At(member, join + 1, 1, 4),
            AuthRule.ThirdPartyUnknownToken => At(member, join + 1, 1, 5),
            AuthRule.ThirdPartyOtherSender => At(member, join + 1, 1, 6),
            AuthRule.ThirdPartySignature => At(member, join + 1, 1, 8),
            AuthRule.InviteNotJoined => At(member, join + 1, 2),
            AuthRule.InviteJoinedOrBanned => At(member, join + 1, 3),
            AuthRule.InviteLevel => At(member, join + 1, 5),
            AuthRule.LeaveNotIn => At(member, join + 2, 1),
            AuthRule.KickNotJoined => At(member, join + 2, 2),
            AuthRule.UnbanLevel => At(member, join + 2, 3),
            AuthRule.KickLevel => At(member, join + 2, 5),
            AuthRule.BanNotJoined => At(member, join + 3, 1),
            AuthRule.BanLevel => At(member, join + 3, 3),
            AuthRule.KnockJoinRule => At(member, join + 4, 1),
            AuthRule.KnockForAnother => At(member, join + 4, 2),
            AuthRule.KnockMembership => At(member, join + 4, 4),
            AuthRule.MembershipUnknown => At(member, v >= 7 ? join + 5 : join + 4),
            AuthRule.SenderNotJoined => At(member + 1),
            AuthRule.ThirdPartyInviteLevel => At(member + 2, 1),
            AuthRule.EventLevel => At(member + 3),
            AuthRule.StateKeyOfAnother => At(member + 4),
            AuthRule.LevelNotInteger => At(levels, 1),
            AuthRule.LevelMapNotInteger => At(levels, 2),
            AuthRule.LevelUsersMalformed => At(levels, users),
            AuthRule.LevelUsersNameCreator => At(levels, 4),
            AuthRule.LevelChange => At(levels, change),
            AuthRule.LevelMapOld => At(levels, change + 1),
            AuthRule.LevelMapNew => At(levels, change + 2),
            AuthRule.LevelUserOld => At(levels, change + 3),
            AuthRule.LevelUserNew => At(levels, change + 4),
            AuthRule.RedactionRefused => "11.3",
            _ => "",
        };
    }

    /// <summary>A stable short name.</summary>
    public static string Name(AuthRule rule) => rule switch
    {
        AuthRule.CreateHasPrevEvents => "create has prev events",
        AuthRule.CreateRoomDomain => "room of another domain",
        AuthRule.CreateHasRoomId => "create has a room id",
        AuthRule.CreateUnknownVersion => "unknown room version",
        AuthRule.CreateWithoutCreator => "no creator",
        AuthRule.CreateAdditionalCreators => "malformed additional creators",
        AuthRule.RoomIdWithoutCreate => "room id without create event",
        AuthRule.AuthEventsDuplicate => "duplicate auth events",
        AuthRule.AuthEventsUnexpected => "unexpected auth event",
        AuthRule.AuthEventsRejected => "rejected auth event",
        AuthRule.AuthEventsWithoutCreate => "no create event",
        AuthRule.AuthEventsOtherRoom => "auth event of another room",
        AuthRule.AuthEventsUnknown => "unknown auth event",
        AuthRule.NotFederated => "room does not federate",
        AuthRule.AliasesWithoutStateKey => "aliases without state key",
        AuthRule.AliasesOtherDomain => "aliases of another domain",
        AuthRule.MemberMalformed => "malformed member event",
        AuthRule.JoinAuthoriserSignature => "authoriser did not sign",
        AuthRule.JoinForAnother => "join for another user",
        AuthRule.JoinBanned => "banned",
        AuthRule.JoinNotInvited => "not invited",
        AuthRule.JoinNotAuthorised => "join not authorised",
        AuthRule.JoinRefused => "join rule refuses",
        AuthRule.ThirdPartyBanned => "invited user is banned",
        AuthRule.ThirdPartyUnsigned => "third-party invite not signed",
        AuthRule.ThirdPartyIncomplete => "third-party invite incomplete",
        AuthRule.ThirdPartyOtherUser => "third-party invite for another user",
        AuthRule.ThirdPartyUnknownToken => "unknown third-party invite",
        AuthRule.ThirdPartyOtherSender => "third-party invite of another sender",
        AuthRule.ThirdPartySignature => "third-party invite signature",
        AuthRule.InviteNotJoined => "inviter not joined",
        AuthRule.InviteJoinedOrBanned => "already joined or banned",
        AuthRule.InviteLevel => "level too low to invite",
        AuthRule.LeaveNotIn => "not in the room",
        AuthRule.KickNotJoined => "kicker not joined",
        AuthRule.UnbanLevel => "level too low to unban",
        AuthRule.KickLevel => "level too low to kick",
        AuthRule.BanNotJoined => "banner not joined",
        AuthRule.BanLevel => "level too low to ban",
        AuthRule.KnockJoinRule => "join rule does not allow knocking",
        AuthRule.KnockForAnother => "knock for another user",
        AuthRule.KnockMembership => "membership does not allow knocking",
        AuthRule.MembershipUnknown => "unknown membership",
        AuthRule.SenderNotJoined => "not joined",
        AuthRule.ThirdPartyInviteLevel => "level too low to invite",
        AuthRule.EventLevel => "level too low",
        AuthRule.StateKeyOfAnother => "state key of another user",
        AuthRule.LevelNotInteger => "level is not an integer",
        AuthRule.LevelMapNotInteger => "level of a type is not an integer",
        AuthRule.LevelUsersMalformed => "malformed users",
        AuthRule.LevelUsersNameCreator => "users name a creator",
        AuthRule.LevelChange => "level changed beyond the sender's",
        AuthRule.LevelMapOld => "level of a type lowered from above the sender's",
        AuthRule.LevelMapNew => "level of a type raised above the sender's",
        AuthRule.LevelUserOld => "user of the sender's level or above changed",
        AuthRule.LevelUserNew => "user raised above the sender",
        AuthRule.RedactionRefused => "redaction of another server's event",
        _ => "allowed",
    };

    /// <summary>The rule as the specification words it, shortened to one sentence.</summary>
    public static string Sentence(AuthRule rule) => rule switch
    {
        AuthRule.CreateHasPrevEvents => "An m.room.create event must have no prev_events.",
        AuthRule.CreateRoomDomain => "The domain of the room_id must match the domain of the sender.",
        AuthRule.CreateHasRoomId => "An m.room.create event must have no room_id.",
        AuthRule.CreateUnknownVersion => "content.room_version must be a recognised version.",
        AuthRule.CreateWithoutCreator => "content must have a creator property.",
        AuthRule.CreateAdditionalCreators => "additional_creators must be an array of user IDs.",
        AuthRule.RoomIdWithoutCreate => "The room_id must be the event ID of an accepted m.room.create event with the sigil ! instead of $.",
        AuthRule.AuthEventsDuplicate => "auth_events must have no duplicate entries for a type and state_key.",
        AuthRule.AuthEventsUnexpected => "auth_events must have only entries that the auth events selection specifies.",
        AuthRule.AuthEventsRejected => "auth_events must have no entries which were themselves rejected.",
        AuthRule.AuthEventsWithoutCreate => "There must be an m.room.create event among the auth_events.",
        AuthRule.AuthEventsOtherRoom => "Every event in auth_events must have the room_id of the event being authorised.",
        AuthRule.AuthEventsUnknown => "Every event in auth_events must be known.",
        AuthRule.NotFederated => "With m.federate set to false, the sender's domain must match the domain of the create event's sender.",
        AuthRule.AliasesWithoutStateKey => "An m.room.aliases event must have a state_key.",
        AuthRule.AliasesOtherDomain => "The sender's domain must match the state_key.",
        AuthRule.MemberMalformed => "An m.room.member event must have a user as state_key and a membership in its content.",
        AuthRule.JoinAuthoriserSignature => "The event must be validly signed by the homeserver of the user in join_authorised_via_users_server.",
        AuthRule.JoinForAnother => "To join, the sender must match the state_key.",
        AuthRule.JoinBanned => "To join, the sender must not be banned.",
        AuthRule.JoinNotInvited => "With this join_rule, the membership state must be invite or join.",
        AuthRule.JoinNotAuthorised => "join_authorised_via_users_server must be a joined member with sufficient permission to invite other users.",
        AuthRule.JoinRefused => "The join_rule must allow the join.",
        AuthRule.ThirdPartyBanned => "The target user of a third-party invite must not be banned.",
        AuthRule.ThirdPartyUnsigned => "content.third_party_invite must have a signed property.",
        AuthRule.ThirdPartyIncomplete => "signed must have mxid and token properties.",
        AuthRule.ThirdPartyOtherUser => "mxid must match the state_key.",
        AuthRule.ThirdPartyUnknownToken => "There must be an m.room.third_party_invite event in the room state with the token as state_key.",
        AuthRule.ThirdPartyOtherSender => "The sender must match the sender of the m.room.third_party_invite.",
        AuthRule.ThirdPartySignature => "A signature in signed must match a public key in the m.room.third_party_invite event.",
        AuthRule.InviteNotJoined => "To invite, the sender's membership state must be join.",
        AuthRule.InviteJoinedOrBanned => "To be invited, the target user's membership state must not be join or ban.",
        AuthRule.InviteLevel => "To invite, the sender's power level must be at least the invite level.",
        AuthRule.LeaveNotIn => "To leave, the user's membership state must be invite or join, or knock where the version has it.",
        AuthRule.KickNotJoined => "To kick, the sender's membership state must be join.",
        AuthRule.UnbanLevel => "To unban, the sender's power level must be at least the ban level.",
        AuthRule.KickLevel => "To kick, the sender's power level must be at least the kick level and greater than the target user's.",
        AuthRule.BanNotJoined => "To ban, the sender's membership state must be join.",
        AuthRule.BanLevel => "To ban, the sender's power level must be at least the ban level and greater than the target user's.",
        AuthRule.KnockJoinRule => "To knock, the join_rule must be one that allows knocking.",
        AuthRule.KnockForAnother => "To knock, the sender must match the state_key.",
        AuthRule.KnockMembership => "To knock, the sender's membership must not be ban, invite or join.",
        AuthRule.MembershipUnknown => "The membership must be known.",
        AuthRule.SenderNotJoined => "The sender's current membership state must be join.",
        AuthRule.ThirdPartyInviteLevel => "The sender's power level must be at least the invite level.",
        AuthRule.EventLevel => "The sender's power level must be at least the event type's required power level.",
        AuthRule.StateKeyOfAnother => "A state_key that starts with an @ must match the sender.",
        AuthRule.LevelNotInteger => "users_default, events_default, state_default, ban, redact, kick and invite must be integers where present.",
        AuthRule.LevelMapNotInteger => "events and notifications must be objects with integer values where present.",
        AuthRule.LevelUsersMalformed => "users must be an object with user IDs as keys and integers as values.",
        AuthRule.LevelUsersNameCreator => "users must not contain a creator of the room.",
        AuthRule.LevelChange => "A level may only be changed if neither its current nor its new value is greater than the sender's power level.",
        AuthRule.LevelMapOld => "An entry of events or notifications may only be changed or removed if its current value is not greater than the sender's power level.",
        AuthRule.LevelMapNew => "An entry of events or notifications may only be added or changed to a value not greater than the sender's power level.",
        AuthRule.LevelUserOld => "Another user's entry may only be changed or removed if its current value is less than the sender's power level.",
        AuthRule.LevelUserNew => "A user's entry may only be added or changed to a value not greater than the sender's power level.",
        AuthRule.RedactionRefused => "To redact, the sender's power level must be at least the redact level, or both events' ids be of one domain.",
        _ => "Allowed.",
    };

    static string At(params ReadOnlySpan<int> numbers)
    {
        var text = new System.Text.StringBuilder();
        foreach (var number in numbers)
            text.Append(text.Length == 0 ? "" : ".").Append(number.ToString(CultureInfo.InvariantCulture));
        return text.ToString();
    }
}
