namespace Matrix.Bus.Protocol;

/// <summary>Rule 5 (4 in versions 6 to 11): memberships.</summary>
static class MemberRules
{
    public static AuthRule Refusal(Pdu pdu, RoomCreation creation, IAuthContext state)
    {
        var content = pdu.Content;
        if (pdu.StateKey is not { } target || !UserId.TryParse(target, out _) || content.Text("membership") is null)
            return AuthRule.MemberMalformed;
        if (pdu.Version.AllowsRestrictedJoins && content.Member(AuthRules.AuthorisedViaKey) is not null
            && !UserId.TryParse(content.Text(AuthRules.AuthorisedViaKey), out _))
        {
            return AuthRule.JoinAuthoriserSignature;
        }

        return Memberships.Read(content) switch
        {
            Membership.Join => Join(pdu, target, creation, state),
            Membership.Invite => Invite(pdu, target, state),
            Membership.Leave => Leave(pdu, target, state),
            Membership.Ban => Ban(pdu, target, state),
            Membership.Knock when pdu.Version.AllowsKnocking => Knock(pdu, target, state),
            _ => AuthRule.MembershipUnknown,
        };
    }

    static AuthRule Join(Pdu pdu, string target, RoomCreation creation, IAuthContext state)
    {
        if (pdu.PrevEvents.Count == 1 && pdu.PrevEvents[0] == creation.Event.EventId && target == creation.Creator)
            return AuthRule.None;
        if (pdu.Sender.Value != target)
            return AuthRule.JoinForAnother;

        var current = state.MembershipOf(target);
        if (current == Membership.Ban)
            return AuthRule.JoinBanned;

        var version = pdu.Version;
        var isIn = current is Membership.Invite or Membership.Join;
        switch (state.JoinRule)
        {
            case "public":
                return AuthRule.None;
            case "invite":
            case "knock" when version.AllowsKnocking:
                return isIn ? AuthRule.None : AuthRule.JoinNotInvited;
            case "restricted" when version.AllowsRestrictedJoins:
            case "knock_restricted" when version.AllowsKnockRestricted:
                return isIn || IsAuthorised(pdu, state) ? AuthRule.None : AuthRule.JoinNotAuthorised;
            default:
                return AuthRule.JoinRefused;
        }
    }

    static bool IsAuthorised(Pdu pdu, IAuthContext state) =>
        pdu.Content.Text(AuthRules.AuthorisedViaKey) is { } authoriser
        && state.MembershipOf(authoriser) == Membership.Join
        && state.PowerLevels.UserLevel(authoriser) >= state.PowerLevels.Invite;

    static AuthRule Invite(Pdu pdu, string target, IAuthContext state)
    {
        if (pdu.Content.Member("third_party_invite") is { } invite)
            return ThirdPartyInvites.Refusal(pdu, target, invite, state);
        if (state.MembershipOf(pdu.Sender.Value) != Membership.Join)
            return AuthRule.InviteNotJoined;
        if (state.MembershipOf(target) is Membership.Join or Membership.Ban)
            return AuthRule.InviteJoinedOrBanned;
        return state.PowerLevels.UserLevel(pdu.Sender) >= state.PowerLevels.Invite ? AuthRule.None : AuthRule.InviteLevel;
    }

    static AuthRule Leave(Pdu pdu, string target, IAuthContext state)
    {
        var current = state.MembershipOf(target);
        if (pdu.Sender.Value == target)
        {
            return current is Membership.Invite or Membership.Join || (current == Membership.Knock && pdu.Version.AllowsKnocking)
                ? AuthRule.None
                : AuthRule.LeaveNotIn;
        }
        if (state.MembershipOf(pdu.Sender.Value) != Membership.Join)
            return AuthRule.KickNotJoined;

        var levels = state.PowerLevels;
        var level = levels.UserLevel(pdu.Sender);
        if (current == Membership.Ban && level < levels.Ban)
            return AuthRule.UnbanLevel;
        return level >= levels.Kick && levels.UserLevel(target) < level ? AuthRule.None : AuthRule.KickLevel;
    }

    static AuthRule Ban(Pdu pdu, string target, IAuthContext state)
    {
        if (state.MembershipOf(pdu.Sender.Value) != Membership.Join)
            return AuthRule.BanNotJoined;
        var levels = state.PowerLevels;
        var level = levels.UserLevel(pdu.Sender);
        return level >= levels.Ban && levels.UserLevel(target) < level ? AuthRule.None : AuthRule.BanLevel;
    }

    static AuthRule Knock(Pdu pdu, string target, IAuthContext state)
    {
        if (!(state.JoinRule == "knock" || (state.JoinRule == "knock_restricted" && pdu.Version.AllowsKnockRestricted)))
            return AuthRule.KnockJoinRule;
        if (pdu.Sender.Value != target)
            return AuthRule.KnockForAnother;
        return state.MembershipOf(target) is Membership.Ban or Membership.Invite or Membership.Join
            ? AuthRule.KnockMembership
            : AuthRule.None;
    }
}
