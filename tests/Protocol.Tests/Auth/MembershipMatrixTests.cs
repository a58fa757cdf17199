namespace Matrix.Bus.Protocol.Tests.Auth;

/// <summary>Every membership change against every join rule, membership and version.</summary>
public sealed class MembershipMatrixTests
{
    static readonly string[] JoinRules = ["public", "invite", "knock", "restricted", "knock_restricted", "private", "nonsense"];
    static readonly string[] Memberships = ["none", "invite", "join", "leave", "ban", "knock"];

    [Theory]
    [MemberData(nameof(Versions))]
    public void Joining_depends_on_the_join_rule_and_the_membership(int version)
    {
        foreach (var rule in JoinRules)
        {
            foreach (var membership in Memberships)
            {
                var verdict = new ARoom(version).JoinRule(rule).Member(ARoom.Alice, membership).Membership(ARoom.Alice, ARoom.Alice, "join");

                var known = rule is "public" or "invite" || (rule == "knock" && version >= 7) || (rule == "restricted" && version >= 8)
                    || (rule == "knock_restricted" && version >= 10);
                var expected = membership == "ban" ? AuthRule.JoinBanned
                    : !known ? AuthRule.JoinRefused
                    : rule == "public" || membership is "invite" or "join" ? AuthRule.None
                    : rule is "restricted" or "knock_restricted" ? AuthRule.JoinNotAuthorised
                    : AuthRule.JoinNotInvited;
                Assert.True(expected == verdict.Rule, $"{rule}, {membership}: {verdict}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void Knocking_depends_on_the_join_rule_and_the_membership(int version)
    {
        foreach (var rule in JoinRules)
        {
            foreach (var membership in Memberships)
            {
                var verdict = new ARoom(version).JoinRule(rule).Member(ARoom.Alice, membership).Membership(ARoom.Alice, ARoom.Alice, "knock");

                var expected = version < 7 ? AuthRule.MembershipUnknown
                    : rule != "knock" && !(rule == "knock_restricted" && version >= 10) ? AuthRule.KnockJoinRule
                    : membership is "ban" or "invite" or "join" ? AuthRule.KnockMembership
                    : AuthRule.None;
                Assert.True(expected == verdict.Rule, $"{rule}, {membership}: {verdict}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void Leaving_needs_something_to_leave(int version)
    {
        foreach (var membership in Memberships)
        {
            var verdict = new ARoom(version).Member(ARoom.Alice, membership).Membership(ARoom.Alice, ARoom.Alice, "leave");

            var allowed = membership is "invite" or "join" || (membership == "knock" && version >= 7);
            Assert.True((allowed ? AuthRule.None : AuthRule.LeaveNotIn) == verdict.Rule, $"{membership}: {verdict}");
        }
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void Inviting_needs_a_joined_inviter_and_a_guest_who_is_neither_in_nor_banned(int version)
    {
        foreach (var inviter in Memberships)
        {
            foreach (var guest in Memberships)
            {
                var verdict = new ARoom(version).Member(ARoom.Alice, inviter).Member(ARoom.Bob, guest).Membership(ARoom.Alice, ARoom.Bob, "invite");

                var expected = inviter != "join" ? AuthRule.InviteNotJoined
                    : guest is "join" or "ban" ? AuthRule.InviteJoinedOrBanned
                    : AuthRule.None;
                Assert.True(expected == verdict.Rule, $"{inviter}, {guest}: {verdict}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void Kicking_unbanning_and_banning_need_a_joined_sender_above_the_target(int version)
    {
        foreach (var membership in Memberships)
        {
            foreach (var target in Memberships)
            {
                foreach (var (mine, theirs) in new[] { (50, 0), (50, 49), (50, 50), (50, 51), (49, 0), (100, 50) })
                {
                    var room = new ARoom(version).Levels($$$"""{"users":{"{{{ARoom.Alice}}}":{{{mine}}},"{{{ARoom.Bob}}}":{{{theirs}}}}}""")
                        .Member(ARoom.Alice, membership).Member(ARoom.Bob, target);
                    var above = mine >= 50 && theirs < mine;

                    var kick = room.Membership(ARoom.Alice, ARoom.Bob, "leave");
                    var expected = membership != "join" ? AuthRule.KickNotJoined
                        : target == "ban" && mine < 50 ? AuthRule.UnbanLevel
                        : above ? AuthRule.None
                        : AuthRule.KickLevel;
                    Assert.True(expected == kick.Rule, $"{membership} {mine} kicks {target} {theirs}: {kick}");

                    var ban = room.Membership(ARoom.Alice, ARoom.Bob, "ban");
                    expected = membership != "join" ? AuthRule.BanNotJoined : above ? AuthRule.None : AuthRule.BanLevel;
                    Assert.True(expected == ban.Rule, $"{membership} {mine} bans {target} {theirs}: {ban}");
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void The_levels_to_invite_kick_and_ban_are_those_of_the_room(int version)
    {
        var room = new ARoom(version).Member(ARoom.Alice).Levels($$$"""{"users":{"{{{ARoom.Alice}}}":20},"invite":20,"kick":20,"ban":21}""");

        room.Membership(ARoom.Alice, ARoom.Bob, "invite").IsAllowed();
        room.Membership(ARoom.Alice, ARoom.Bob, "leave").IsAllowed();
        room.Membership(ARoom.Alice, ARoom.Bob, "ban").IsRefused(AuthRule.BanLevel);
        room.Member(ARoom.Bob, "ban").Membership(ARoom.Alice, ARoom.Bob, "leave").IsRefused(AuthRule.UnbanLevel);
        room.Member(ARoom.Bob, "leave").Levels("""{"invite":1}""").Membership(ARoom.Alice, ARoom.Bob, "invite").IsRefused(AuthRule.InviteLevel);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void Nobody_joins_or_knocks_for_another(int version)
    {
        new ARoom(version).JoinRule("public").Member(ARoom.Alice).Membership(ARoom.Alice, ARoom.Bob, "join").IsRefused(AuthRule.JoinForAnother);
        if (version >= 7)
            new ARoom(version).JoinRule("knock").Member(ARoom.Alice).Membership(ARoom.Alice, ARoom.Bob, "knock").IsRefused(AuthRule.KnockForAnother);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void Only_the_creator_joins_right_after_the_create_event(int version)
    {
        var room = new ARoom(version);
        var create = room.CreateEvent.EventId.Value;
        Pdu Join(string user, params string[] prev) => room.Event(user, EventTypes.Member, user, """{"membership":"join"}""", prev: prev);

        room.Check(Join(ARoom.Creator, create)).IsAllowed();
        room.Check(Join(ARoom.Alice, create)).IsRefused(AuthRule.JoinNotInvited);
        room.Check(Join(ARoom.Creator, create, "$another")).IsRefused(AuthRule.JoinNotInvited);
        room.Check(Join(ARoom.Creator, "$another")).IsRefused(AuthRule.JoinNotInvited);
    }

    [Fact]
    public void The_creator_is_named_by_the_content_up_to_version_10_and_is_the_sender_since()
    {
        foreach (var version in Enumerable.Range(1, 12))
        {
            var room = new ARoom(version, $$"""{"creator":"{{ARoom.Alice}}"}""");
            var join = room.Event(ARoom.Alice, EventTypes.Member, ARoom.Alice, """{"membership":"join"}""", prev: [room.CreateEvent.EventId.Value]);
            Assert.Equal(version <= 10, room.Check(join).Allowed);
        }
    }

    [Theory]
    [MemberData(nameof(RestrictedVersions))]
    public void A_restricted_join_is_authorised_by_a_joined_member_who_may_invite(int version)
    {
        string Via(string user) => $$""","join_authorised_via_users_server":"{{user}}" """;
        foreach (var rule in version >= 10 ? new[] { "restricted", "knock_restricted" } : ["restricted"])
        {
            var room = new ARoom(version).JoinRule(rule).Levels($$$"""{"invite":50,"users":{"{{{ARoom.Bob}}}":50}}""").Member(ARoom.Bob).Member(ARoom.Remote);

            room.Membership(ARoom.Alice, ARoom.Alice, "join", Via(ARoom.Bob)).IsAllowed();
            room.Membership(ARoom.Alice, ARoom.Alice, "join", Via(ARoom.Remote)).IsRefused(AuthRule.JoinNotAuthorised);
            room.Membership(ARoom.Alice, ARoom.Alice, "join", Via("@stranger:example.org")).IsRefused(AuthRule.JoinNotAuthorised);
            room.Membership(ARoom.Alice, ARoom.Alice, "join", ""","join_authorised_via_users_server":5""").IsRefused(AuthRule.JoinAuthoriserSignature);
            room.Member(ARoom.Bob, "leave").Membership(ARoom.Alice, ARoom.Alice, "join", Via(ARoom.Bob)).IsRefused(AuthRule.JoinNotAuthorised);
            room.Member(ARoom.Alice, "ban").Member(ARoom.Bob).Membership(ARoom.Alice, ARoom.Alice, "join", Via(ARoom.Bob)).IsRefused(AuthRule.JoinBanned);
        }
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void A_member_event_without_a_user_or_a_known_membership_is_refused(int version)
    {
        var room = new ARoom(version).Member(ARoom.Alice);

        room.Check(ARoom.Alice, EventTypes.Member, null, """{"membership":"join"}""").IsRefused(AuthRule.MemberMalformed);
        room.Check(ARoom.Alice, EventTypes.Member, "nobody", """{"membership":"invite"}""").IsRefused(AuthRule.MemberMalformed);
        room.Check(ARoom.Alice, EventTypes.Member, ARoom.Alice).IsRefused(AuthRule.MemberMalformed);
        room.Check(ARoom.Alice, EventTypes.Member, ARoom.Alice, """{"membership":["join"]}""").IsRefused(AuthRule.MemberMalformed);
        room.Membership(ARoom.Alice, ARoom.Alice, "dancing").IsRefused(AuthRule.MembershipUnknown);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void Without_join_rules_a_room_is_for_the_invited(int version)
    {
        new ARoom(version).Membership(ARoom.Alice, ARoom.Alice, "join").IsRefused(AuthRule.JoinNotInvited);
        new ARoom(version).Member(ARoom.Alice, "invite").Membership(ARoom.Alice, ARoom.Alice, "join").IsAllowed();
    }

    public static TheoryData<int> Versions() => ARoom.Versions();

    public static TheoryData<int> RestrictedVersions() => ARoom.Versions(8);
}
