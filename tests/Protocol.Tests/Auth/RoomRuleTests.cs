namespace Matrix.Bus.Protocol.Tests.Auth;

/// <summary>The create event, and what holds for every event: federation, aliases, being joined, levels, state keys, redactions.</summary>
public sealed class RoomRuleTests
{
    [Theory]
    [MemberData(nameof(Versions))]
    public void A_create_event_starts_a_room_of_its_own_domain_and_a_known_version(int version)
    {
        var room = new ARoom(version);
        Pdu Create(string content, string[]? prev = null, string? roomId = null) =>
            room.Event(ARoom.Creator, EventTypes.Create, "", content, id: version <= 2 ? "$create:example.org" : "$create", prev: prev ?? [], room: roomId);
        const string Creator = "\"creator\":\"@creator:example.org\"";

        room.Check(Create($$"""{ {{Creator}} }""")).IsAllowed();
        room.Check(Create($$"""{ {{Creator}},"room_version":"{{version}}"}""")).IsAllowed();
        room.Check(Create($$"""{ {{Creator}} }""", prev: ["$before"])).IsRefused(AuthRule.CreateHasPrevEvents);
        room.Check(Create($$"""{ {{Creator}},"room_version":"99"}""")).IsRefused(AuthRule.CreateUnknownVersion);
        room.Check(Create($$"""{ {{Creator}},"room_version":6}""")).IsRefused(AuthRule.CreateUnknownVersion);
        Assert.Equal(version <= 10 ? AuthRule.CreateWithoutCreator : AuthRule.None, room.Check(Create("{}")).Rule);
        Assert.Equal(version < 12 ? AuthRule.CreateRoomDomain : AuthRule.CreateHasRoomId,
            room.Check(Create($$"""{ {{Creator}} }""", roomId: "!room:elsewhere.org")).Rule);
    }

    [Fact]
    public void A_create_event_of_version_12_carries_no_room_id()
    {
        var create = new ARoom(12).CreateEvent;
        Pdu With(string json) => new()
        {
            Version = create.Version,
            EventId = create.EventId,
            RoomId = create.RoomId,
            Sender = create.Sender,
            Type = create.Type,
            StateKey = "",
            OriginServerTs = 1,
            Depth = 1,
            PrevEvents = [],
            AuthEvents = [],
            Content = create.Content,
            Json = A.Utf8(json),
        };

        new ARoom(12).Check(With("""{"content":{"room_id":"!x"},"type":"m.room.create"}""")).IsAllowed();
        new ARoom(12).Check(With("""{"content":{},"room_id":"!create","type":"m.room.create"}""")).IsRefused(AuthRule.CreateHasRoomId);
    }

    [Theory]
    [InlineData("[]", true)]
    [InlineData("""["@a:example.org","@b:example.org"]""", true)]
    [InlineData("""["@a:example.org","b"]""", false)]
    [InlineData("""["@a:example.org",5]""", false)]
    [InlineData("\"@a:example.org\"", false)]
    [InlineData("{}", false)]
    [InlineData("null", false)]
    public void Additional_creators_are_user_ids(string creators, bool valid)
    {
        var content = $$"""{"creator":"@creator:example.org","additional_creators":{{creators}}}""";
        var rule = new ARoom(12, content) is var room ? room.Check(room.CreateEvent).Rule : default;
        Assert.Equal(valid ? AuthRule.None : AuthRule.CreateAdditionalCreators, rule);
        var older = new ARoom(11, content);
        older.Check(older.CreateEvent).IsAllowed();
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void Without_a_create_event_nothing_is_allowed(int version) =>
        new ARoom(version).Without(StateSlot.Create).Member(ARoom.Alice).Check(ARoom.Alice, "m.room.message")
            .IsRefused(version < 12 ? AuthRule.AuthEventsWithoutCreate : AuthRule.RoomIdWithoutCreate);

    [Fact]
    public void A_room_id_of_version_12_is_that_of_the_create_event()
    {
        var room = new ARoom(12).Member(ARoom.Alice);
        room.Check(room.Event(ARoom.Alice, "m.room.message", null, "{}")).IsAllowed();
        room.Check(room.Event(ARoom.Alice, "m.room.message", null, "{}", room: "!another")).IsRefused(AuthRule.RoomIdWithoutCreate);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void A_room_that_does_not_federate_shuts_out_other_servers(int version)
    {
        var closed = new ARoom(version, """{"creator":"@creator:example.org","m.federate":false}""").Member(ARoom.Alice).Member(ARoom.Remote).JoinRule("public");

        closed.Check(ARoom.Alice, "m.room.message").IsAllowed();
        closed.Check(ARoom.Remote, "m.room.message").IsRefused(AuthRule.NotFederated);
        closed.Membership(ARoom.Remote, ARoom.Remote, "join").IsRefused(AuthRule.NotFederated);
        new ARoom(version, """{"creator":"@creator:example.org","m.federate":"false"}""").Member(ARoom.Remote).Check(ARoom.Remote, "m.room.message").IsAllowed();
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void Aliases_belong_to_a_domain_up_to_version_5_and_are_like_any_state_since(int version)
    {
        var room = new ARoom(version);
        if (version <= 5)
        {
            room.Check(ARoom.Alice, EventTypes.Aliases, "example.org").IsAllowed();
            room.Check(ARoom.Alice, EventTypes.Aliases, "elsewhere.org").IsRefused(AuthRule.AliasesOtherDomain);
            room.Check(ARoom.Alice, EventTypes.Aliases).IsRefused(AuthRule.AliasesWithoutStateKey);
        }
        else
        {
            room.Check(ARoom.Alice, EventTypes.Aliases, "example.org").IsRefused(AuthRule.SenderNotJoined);
            room.Member(ARoom.Alice).Levels("{}").Check(ARoom.Alice, EventTypes.Aliases, "example.org").IsRefused(AuthRule.EventLevel);
            room.Levels("""{"state_default":0}""").Check(ARoom.Alice, EventTypes.Aliases, "elsewhere.org").IsAllowed();
        }
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void Only_the_joined_send(int version)
    {
        foreach (var membership in new[] { "none", "invite", "leave", "ban", "knock" })
            new ARoom(version).Member(ARoom.Alice, membership).Check(ARoom.Alice, "m.room.message").IsRefused(AuthRule.SenderNotJoined);
        new ARoom(version).Member(ARoom.Alice).Check(ARoom.Alice, "m.room.message").IsAllowed();
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void An_event_needs_the_level_of_its_type(int version)
    {
        ARoom Room(string levels) => new ARoom(version).Member(ARoom.Alice).Levels(levels);

        Room("{}").Check(ARoom.Alice, "m.room.topic", "").IsRefused(AuthRule.EventLevel);
        Room("""{"users_default":50}""").Check(ARoom.Alice, "m.room.topic", "").IsAllowed();
        Room("""{"state_default":1}""").Check(ARoom.Alice, "m.room.topic", "").IsRefused(AuthRule.EventLevel);
        Room("""{"state_default":0}""").Check(ARoom.Alice, "m.room.topic", "").IsAllowed();
        Room("""{"events":{"m.room.topic":0}}""").Check(ARoom.Alice, "m.room.topic", "").IsAllowed();
        Room("""{"events_default":1}""").Check(ARoom.Alice, "m.room.message").IsRefused(AuthRule.EventLevel);
        Room("""{"events":{"m.room.message":1}}""").Check(ARoom.Alice, "m.room.message").IsRefused(AuthRule.EventLevel);
        new ARoom(version).Member(ARoom.Alice).Check(ARoom.Alice, "m.room.topic", "").IsRefused(AuthRule.EventLevel);
        new ARoom(version).Member(ARoom.Creator).Check(ARoom.Creator, "m.room.topic", "").IsAllowed();
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void A_state_key_of_a_user_is_that_users_alone(int version)
    {
        var room = new ARoom(version).Member(ARoom.Alice).Levels("""{"state_default":0}""");

        room.Check(ARoom.Alice, "org.example.note", ARoom.Alice).IsAllowed();
        room.Check(ARoom.Alice, "org.example.note", "anything").IsAllowed();
        room.Check(ARoom.Alice, "org.example.note", ARoom.Bob).IsRefused(AuthRule.StateKeyOfAnother);
        room.Check(ARoom.Alice, "org.example.note", "@").IsRefused(AuthRule.StateKeyOfAnother);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void Redactions_are_authorised_by_their_ids_in_versions_1_and_2_alone(int version)
    {
        var room = new ARoom(version).Member(ARoom.Alice).Levels($$$"""{"users":{"{{{ARoom.Bob}}}":50}}""").Member(ARoom.Bob);
        AuthRule Redact(string sender, string target) =>
            room.Check(room.Event(sender, EventTypes.Redaction, null, "{}", id: "$redaction:example.org", redacts: target)).Rule;

        Assert.Equal(AuthRule.None, Redact(ARoom.Alice, "$target:example.org"));
        Assert.Equal(AuthRule.None, Redact(ARoom.Bob, "$target:elsewhere.org"));
        Assert.Equal(version <= 2 ? AuthRule.RedactionRefused : AuthRule.None, Redact(ARoom.Alice, "$target:elsewhere.org"));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void A_redaction_is_applied_with_the_level_or_within_one_server(int version)
    {
        var room = new ARoom(version);
        var levels = PowerLevels.Parse(room.Version, room.Event(ARoom.Creator, EventTypes.PowerLevels, "", $$$"""{"users":{"{{{ARoom.Bob}}}":50}}"""), room.CreateEvent);
        var target = room.Event(ARoom.Remote, "m.room.message", null, "{}", id: "$target:elsewhere.org");
        Pdu By(string sender, string id, string redacts = "$target:elsewhere.org") => room.Event(sender, EventTypes.Redaction, null, "{}", id: id, redacts: redacts);

        Assert.True(RedactionRules.MayApply(By(ARoom.Remote, "$r:elsewhere.org"), target, levels));
        Assert.True(RedactionRules.MayApply(By(ARoom.Bob, "$r:example.org"), target, levels));
        Assert.False(RedactionRules.MayApply(By(ARoom.Alice, "$r:example.org"), target, levels));
        Assert.False(RedactionRules.MayApply(By(ARoom.Bob, "$r:example.org", redacts: "$other:elsewhere.org"), target, levels));
        Assert.False(RedactionRules.MayApply(room.Event(ARoom.Bob, "m.room.message", null, "{}", redacts: "$target:elsewhere.org"), target, levels));
        // What counts is the ids' server up to version 2 and the senders' since.
        Assert.Equal(version <= 2, RedactionRules.MayApply(By(ARoom.Alice, "$r:elsewhere.org"), target, levels));
        Assert.Equal(version > 2, RedactionRules.MayApply(By("@other:elsewhere.org", "$r:example.org"), target, levels));
    }

    public static TheoryData<int> Versions() => ARoom.Versions();
}
