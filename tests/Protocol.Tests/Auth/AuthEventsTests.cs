using System.Text.Json;

namespace Matrix.Bus.Protocol.Tests.Auth;

/// <summary>Which events authorise an event, and the rule on the list it gives itself.</summary>
public sealed class AuthEventsTests
{
    [Theory]
    [MemberData(nameof(Versions))]
    public void A_message_is_authorised_by_create_levels_and_membership(int version) =>
        Assert.Equal(Slots(version, "levels", "alice"), Select(version, "m.room.message", null, "{}"));

    [Theory]
    [MemberData(nameof(Versions))]
    public void A_create_event_is_authorised_by_nothing(int version) => Assert.Empty(Select(version, EventTypes.Create, "", "{}"));

    [Theory]
    [MemberData(nameof(Versions))]
    public void A_membership_is_authorised_by_the_target_and_where_it_leads_in_by_the_join_rules(int version)
    {
        foreach (var membership in new[] { "join", "invite", "knock" })
            Assert.Equal(Slots(version, "levels", "alice", "bob", "rules"), Select(version, EventTypes.Member, ARoom.Bob, $$"""{"membership":"{{membership}}"}"""));
        foreach (var membership in new[] { "leave", "ban", "dancing" })
            Assert.Equal(Slots(version, "levels", "alice", "bob"), Select(version, EventTypes.Member, ARoom.Bob, $$"""{"membership":"{{membership}}"}"""));
        Assert.Equal(Slots(version, "levels", "alice", "rules"), Select(version, EventTypes.Member, ARoom.Alice, """{"membership":"join"}"""));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void A_third_party_invite_is_authorised_by_its_token(int version)
    {
        const string Signed = ""","third_party_invite":{"signed":{"token":"t"}}""";
        Assert.Equal(Slots(version, "levels", "alice", "bob", "rules", "token"), Select(version, EventTypes.Member, ARoom.Bob, $$"""{"membership":"invite"{{Signed}}}"""));
        Assert.Equal(Slots(version, "levels", "alice", "bob", "rules"), Select(version, EventTypes.Member, ARoom.Bob, $$"""{"membership":"join"{{Signed}}}"""));
        Assert.Equal(Slots(version, "levels", "alice", "bob", "rules"),
            Select(version, EventTypes.Member, ARoom.Bob, """{"membership":"invite","third_party_invite":{"signed":{"token":5}}}"""));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void A_restricted_join_is_authorised_by_its_authoriser_from_version_8_on(int version)
    {
        const string Via = ""","join_authorised_via_users_server":"@bob:example.org" """;
        string[] expected = version >= 8 ? ["levels", "alice", "rules", "bob"] : ["levels", "alice", "rules"];
        Assert.Equal(Slots(version, expected), Select(version, EventTypes.Member, ARoom.Alice, $$"""{"membership":"join"{{Via}}}"""));
        Assert.Equal(Slots(version, "levels", "alice", "rules"), Select(version, EventTypes.Member, ARoom.Alice, $$"""{"membership":"invite"{{Via}}}"""));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void A_list_of_selected_events_is_allowed(int version)
    {
        var room = Room(version);
        Check(room, "levels", "alice").IsAllowed();
        Check(room, "alice").IsAllowed();
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void A_list_that_breaks_the_rule_is_refused(int version)
    {
        var room = Room(version);
        Check(room, "levels", "alice", "alice2").IsRefused(AuthRule.AuthEventsDuplicate);
        Check(room, "levels", "alice", "alice").IsRefused(AuthRule.AuthEventsDuplicate);
        Check(room, "levels", "bob").IsRefused(AuthRule.AuthEventsUnexpected);
        Check(room, "rules").IsRefused(AuthRule.AuthEventsUnexpected);
        Check(room, "message").IsRefused(AuthRule.AuthEventsUnexpected);
        Check(room, "unheard").IsRefused(AuthRule.AuthEventsUnknown);
        Check(room, "levels", "elsewhere").IsRefused(AuthRule.AuthEventsOtherRoom);
        CheckWith(room, ["levels", "alice"], rejected: "alice").IsRefused(AuthRule.AuthEventsRejected);
    }

    [Fact]
    public void The_create_event_is_in_the_list_up_to_version_11_and_never_since()
    {
        foreach (var version in Enumerable.Range(1, 12))
        {
            var room = Room(version);
            var with = AuthRules.CheckAuthEvents(Message(room, "create", "alice"), id => Find(room, id), _ => false);
            var without = AuthRules.CheckAuthEvents(Message(room, "alice"), id => Find(room, id), _ => false);
            Assert.Equal(version < 12 ? AuthRule.None : AuthRule.AuthEventsUnexpected, with.Rule);
            Assert.Equal(version < 12 ? AuthRule.AuthEventsWithoutCreate : AuthRule.None, without.Rule);
        }
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void Of_a_create_event_the_list_is_not_judged(int version)
    {
        var room = Room(version);
        var create = room.Event(ARoom.Creator, EventTypes.Create, "", "{}", auth: ["$message", "$unheard"]);
        AuthRules.CheckAuthEvents(create, id => Find(room, id), _ => false).IsAllowed();
    }

    [Theory]
    [InlineData(AuthRule.SenderNotJoined, "6", "6", "5", "5", "5", "6")]
    [InlineData(AuthRule.JoinBanned, "5.2.3", "5.2.3", "4.2.3", "4.3.3", "4.3.3", "5.3.3")]
    [InlineData(AuthRule.InviteLevel, "5.3.5", "5.3.5", "4.3.5", "4.4.5", "4.4.5", "5.4.5")]
    [InlineData(AuthRule.ThirdPartySignature, "5.3.1.8", "5.3.1.8", "4.3.1.8", "4.4.1.8", "4.4.1.8", "5.4.1.8")]
    [InlineData(AuthRule.KickLevel, "5.4.5", "5.4.5", "4.4.5", "4.5.5", "4.5.5", "5.5.5")]
    [InlineData(AuthRule.BanLevel, "5.5.3", "5.5.3", "4.5.3", "4.6.3", "4.6.3", "5.6.3")]
    [InlineData(AuthRule.MembershipUnknown, "5.6", "5.6", "4.7", "4.8", "4.8", "5.8")]
    [InlineData(AuthRule.EventLevel, "8", "8", "7", "7", "7", "8")]
    [InlineData(AuthRule.LevelUsersMalformed, "10.1", "10.1", "9.1", "9.1", "9.3", "10.3")]
    [InlineData(AuthRule.LevelChange, "10.3", "10.3", "9.3", "9.3", "9.5", "10.6")]
    [InlineData(AuthRule.LevelUserNew, "10.7", "10.7", "9.7", "9.7", "9.9", "10.10")]
    [InlineData(AuthRule.AuthEventsOtherRoom, "2.5", "2.5", "2.5", "2.5", "2.5", "3.5")]
    [InlineData(AuthRule.NotFederated, "3", "3", "3", "3", "3", "4")]
    public void A_refusal_cites_the_rule_as_its_version_numbers_it(AuthRule rule, string v1, string v5, string v7, string v9, string v11, string v12)
    {
        string[] numbers = [.. new[] { 1, 5, 7, 9, 11, 12 }.Select(version => new AuthVerdict(rule, RoomVersion.Of(version)).Number)];
        Assert.Equal([v1, v5, v7, v9, v11, v12], numbers);
    }

    [Fact]
    public void Every_rule_has_a_number_a_name_and_a_sentence_of_its_own()
    {
        var verdicts = Enum.GetValues<AuthRule>().Where(rule => rule != AuthRule.None).Select(rule => new AuthVerdict(rule, RoomVersion.Of(11))).ToList();
        Assert.All(verdicts, verdict => Assert.False(verdict.Allowed));
        Assert.All(verdicts, verdict => Assert.Matches(@"^\d+(\.\d+)* [a-z].*$", verdict.Code));
        Assert.DoesNotContain(verdicts, verdict => verdict.Sentence == new AuthVerdict(AuthRule.None, RoomVersion.Of(11)).Sentence);
        Assert.True(new AuthVerdict(AuthRule.None, RoomVersion.Of(11)).Allowed);
    }

    public static TheoryData<int> Versions() => ARoom.Versions();

    static IReadOnlyList<StateSlot> Select(int version, string type, string? stateKey, string content) =>
        AuthEventTypes.For(RoomVersion.Of(version), type, stateKey, UserId.Parse(ARoom.Alice), JsonElement.Parse(content));

    static List<StateSlot> Slots(int version, params string[] names)
    {
        var slots = names.Select(name => name switch
        {
            "levels" => StateSlot.PowerLevels,
            "rules" => StateSlot.JoinRules,
            "alice" => StateSlot.Member(UserId.Parse(ARoom.Alice)),
            "bob" => StateSlot.Member(UserId.Parse(ARoom.Bob)),
            _ => new StateSlot(EventTypes.ThirdPartyInvite, "t"),
        });
        return version < 12 ? [StateSlot.Create, .. slots] : [.. slots];
    }

    static ARoom Room(int version) => new ARoom(version).JoinRule("public").Levels("{}").Member(ARoom.Alice).Member(ARoom.Bob);

    static AuthVerdict Check(ARoom room, params string[] names) => CheckWith(room, names);

    static AuthVerdict CheckWith(ARoom room, string[] names, string? rejected = null) =>
        AuthRules.CheckAuthEvents(Message(room, room.Version.Number < 12 ? ["create", .. names] : names), id => Find(room, id), id => id.Value == "$" + rejected);

    static Pdu Message(ARoom room, params string[] auth) => room.Event(ARoom.Alice, "m.room.message", null, "{}", auth: [.. auth.Select(name => "$" + name)]);

    static Pdu? Find(ARoom room, EventId id)
    {
        const string Joined = """{"membership":"join"}""";
        return id.Value[1..] switch
        {
            "create" => room.CreateEvent,
            "levels" => room.Event(ARoom.Creator, EventTypes.PowerLevels, "", "{}", id: id.Value),
            "rules" => room.Event(ARoom.Creator, EventTypes.JoinRules, "", "{}", id: id.Value),
            "alice" or "alice2" => room.Event(ARoom.Alice, EventTypes.Member, ARoom.Alice, Joined, id: id.Value),
            "bob" => room.Event(ARoom.Bob, EventTypes.Member, ARoom.Bob, Joined, id: id.Value),
            "elsewhere" => room.Event(ARoom.Alice, EventTypes.Member, ARoom.Alice, Joined, id: id.Value, room: "!elsewhere:example.org"),
            "message" => room.Event(ARoom.Alice, "m.room.message", null, "{}", id: id.Value),
            _ => null,
        };
    }
}
