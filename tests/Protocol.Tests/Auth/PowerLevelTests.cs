using System.Text.Json;

namespace Matrix.Bus.Protocol.Tests.Auth;

public sealed class PowerLevelTests
{
    [Theory]
    [MemberData(nameof(Versions))]
    public void A_room_without_power_levels_has_the_defaults(int version)
    {
        var levels = PowerLevels.Parse(RoomVersion.Of(version), null, new ARoom(version).CreateEvent);

        Assert.Equal(version < 12 ? 100 : PowerLevels.Infinite, levels.UserLevel(UserId.Parse(ARoom.Creator)));
        Assert.Equal(0, levels.UserLevel(UserId.Parse(ARoom.Alice)));
        Assert.Equal((0, 50, 50, 50), (levels.Invite, levels.Kick, levels.Ban, levels.Redact));
        Assert.Equal((0, 50), (levels.EventLevel("m.room.message", isState: false), levels.EventLevel("m.room.topic", isState: true)));
        Assert.Equal(50, levels.NotificationLevel("room"));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void Power_levels_are_read_as_written(int version)
    {
        var levels = Read(version, $$$"""
            {"users":{"{{{ARoom.Alice}}}":7},"users_default":1,"events":{"m.room.topic":8},"events_default":2,"state_default":3,
             "invite":4,"kick":5,"ban":6,"redact":9,"notifications":{"room":10}}
            """);

        Assert.Equal((7, 1), (levels.UserLevel(UserId.Parse(ARoom.Alice)), levels.UserLevel(UserId.Parse(ARoom.Bob))));
        Assert.Equal(version < 12 ? 1 : PowerLevels.Infinite, levels.UserLevel(UserId.Parse(ARoom.Creator)));
        Assert.Equal((8, 3, 2), (levels.EventLevel("m.room.topic", true), levels.EventLevel("m.room.name", true), levels.EventLevel("m.x", false)));
        Assert.Equal((4, 5, 6, 9, 10), (levels.Invite, levels.Kick, levels.Ban, levels.Redact, levels.NotificationLevel("room")));
    }

    [Theory]
    [InlineData("5", 5, 1, 12)]
    [InlineData("-5", -5, 1, 12)]
    [InlineData("\"100\"", 100, 1, 9)]
    [InlineData("\"000100\"", 100, 1, 9)]
    [InlineData("\"+100\"", 100, 1, 9)]
    [InlineData("\"-100\"", -100, 1, 9)]
    [InlineData("\" 00100 \"", 100, 1, 9)]
    [InlineData("\" +100 \"", 100, 1, 9)]
    [InlineData("50.57", 50, 1, 5)]
    [InlineData("-50.57", -50, 1, 5)]
    [InlineData("5.114698E4", 51146, 1, 5)]
    [InlineData("\"99999999999999999999\"", long.MaxValue - 1, 1, 9)]
    [InlineData("\"-99999999999999999999\"", -(long.MaxValue - 1), 1, 9)]
    [InlineData("\"1.5\"", 0, 1, 0)]
    [InlineData("\"ten\"", 0, 1, 0)]
    [InlineData("\"\"", 0, 1, 0)]
    [InlineData("\"+\"", 0, 1, 0)]
    [InlineData("\"1 0\"", 0, 1, 0)]
    [InlineData("\"10\\u0000\"", 0, 1, 0)]
    [InlineData("\"\\u0661\"", 0, 1, 0)]
    [InlineData("\"--1\"", 0, 1, 0)]
    [InlineData("\"\\ud800\"", 0, 1, 0)]
    [InlineData("1e999", 0, 1, 0)]
    [InlineData("true", 0, 1, 0)]
    [InlineData("null", 0, 1, 0)]
    [InlineData("[5]", 0, 1, 0)]
    [InlineData("{}", 0, 1, 0)]
    public void A_level_is_written_as_the_version_allows(string written, long level, int from, int to)
    {
        foreach (var version in Enumerable.Range(1, 12))
        {
            var allowed = version >= from && version <= to;
            var content = $$$"""{"users":{"{{{ARoom.Alice}}}":{{{written}}}}}""";
            var room = new ARoom(version).Member(ARoom.Creator);

            Assert.Equal(allowed ? AuthRule.None : AuthRule.LevelUsersMalformed, room.Check(ARoom.Creator, EventTypes.PowerLevels, "", content).Rule);
            Assert.Equal(allowed ? level : 0, Read(version, content).UserLevel(UserId.Parse(ARoom.Alice)));
        }
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void Other_levels_must_be_integers_from_version_10_on(int version)
    {
        var room = new ARoom(version).Member(ARoom.Creator);
        AuthRule Set(string content) => room.Check(ARoom.Creator, EventTypes.PowerLevels, "", content).Rule;

        foreach (var name in new[] { "users_default", "events_default", "state_default", "ban", "redact", "kick", "invite" })
        {
            Assert.Equal(AuthRule.None, Set($$"""{"{{name}}":5}"""));
            Assert.Equal(version < 10 ? AuthRule.None : AuthRule.LevelNotInteger, Set($$"""{"{{name}}":"5"}"""));
        }
        foreach (var name in new[] { "events", "notifications" })
        {
            Assert.Equal(AuthRule.None, Set($$$"""{"{{{name}}}":{"x":5}}"""));
            Assert.Equal(version < 10 ? AuthRule.None : AuthRule.LevelMapNotInteger, Set($$$"""{"{{{name}}}":{"x":"5"}}"""));
            Assert.Equal(version < 10 ? AuthRule.None : AuthRule.LevelMapNotInteger, Set($$"""{"{{name}}":[]}"""));
        }
        Assert.Equal(AuthRule.LevelUsersMalformed, Set("""{"users":[]}"""));
        Assert.Equal(AuthRule.LevelUsersMalformed, Set("""{"users":{"alice":5}}"""));
        Assert.Equal(AuthRule.LevelUsersMalformed, Set("""{"users":{"\ud800":5}}"""));
        Assert.Equal(AuthRule.None, Set("{}"));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void The_first_power_levels_may_say_anything(int version) =>
        new ARoom(version).Member(ARoom.Creator)
            .Check(ARoom.Creator, EventTypes.PowerLevels, "", $$$"""{"users":{"{{{ARoom.Alice}}}":1000},"ban":1000}""").IsAllowed();

    [Theory]
    [MemberData(nameof(Versions))]
    public void A_level_is_changed_neither_from_nor_to_above_ones_own(int version)
    {
        foreach (var name in new[] { "users_default", "events_default", "state_default", "ban", "redact", "kick", "invite" })
        {
            AuthRule Change(string was, string becomes) => By60(version, Entry(name, was), Entry(name, becomes));

            Assert.Equal(AuthRule.None, Change("10", "60"));
            Assert.Equal(AuthRule.None, Change("", "60"));
            Assert.Equal(AuthRule.None, Change("60", ""));
            Assert.Equal(AuthRule.LevelChange, Change("10", "61"));
            Assert.Equal(AuthRule.LevelChange, Change("", "61"));
            // With a state_default of 61 the event itself is refused before.
            if (name == "state_default")
                continue;
            Assert.Equal(AuthRule.None, Change("61", "61"));
            Assert.Equal(AuthRule.LevelChange, Change("61", "60"));
            Assert.Equal(AuthRule.LevelChange, Change("61", ""));
        }
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void An_entry_of_a_type_is_changed_neither_from_nor_to_above_ones_own(int version)
    {
        foreach (var name in new[] { "events", "notifications" })
        {
            AuthRule Change(string was, string becomes) => By60(version, Map(name, was), Map(name, becomes));
            var applies = name == "events" || version >= 6;

            Assert.Equal(AuthRule.None, Change("\"x\":10", "\"x\":60"));
            Assert.Equal(AuthRule.None, Change("", "\"x\":60"));
            Assert.Equal(AuthRule.None, Change("\"x\":60", ""));
            Assert.Equal(AuthRule.None, Change("\"x\":61", "\"x\":61"));
            Assert.Equal(applies ? AuthRule.LevelMapNew : AuthRule.None, Change("\"x\":10", "\"x\":61"));
            Assert.Equal(applies ? AuthRule.LevelMapNew : AuthRule.None, Change("", "\"x\":61"));
            Assert.Equal(applies ? AuthRule.LevelMapOld : AuthRule.None, Change("\"x\":61", "\"x\":60"));
            Assert.Equal(applies ? AuthRule.LevelMapOld : AuthRule.None, Change("\"x\":61", ""));
        }
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void Users_of_ones_own_level_and_above_are_left_alone(int version)
    {
        string Bob(string level) => level.Length == 0 ? "" : $",\"{ARoom.Bob}\":{level}";
        AuthRule ChangeBob(string was, string becomes) => By60(version, "", "", Bob(was), Bob(becomes));

        Assert.Equal(AuthRule.None, ChangeBob("", "60"));
        Assert.Equal(AuthRule.None, ChangeBob("59", "60"));
        Assert.Equal(AuthRule.None, ChangeBob("59", ""));
        Assert.Equal(AuthRule.None, ChangeBob("60", "60"));
        Assert.Equal(AuthRule.LevelUserNew, ChangeBob("", "61"));
        Assert.Equal(AuthRule.LevelUserNew, ChangeBob("59", "61"));
        Assert.Equal(AuthRule.LevelUserOld, ChangeBob("60", "59"));
        Assert.Equal(AuthRule.LevelUserOld, ChangeBob("60", ""));
        Assert.Equal(AuthRule.LevelUserOld, ChangeBob("61", "0"));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void One_may_lower_and_not_raise_oneself(int version)
    {
        var room = new ARoom(version).Member(ARoom.Alice).Levels($$$"""{"users":{"{{{ARoom.Alice}}}":60}}""");
        AuthRule Set(string level) => room.Check(ARoom.Alice, EventTypes.PowerLevels, "", $$$"""{"users":{"{{{ARoom.Alice}}}":{{{level}}}}}""").Rule;

        Assert.Equal(AuthRule.None, Set("60"));
        Assert.Equal(AuthRule.None, Set("0"));
        Assert.Equal(AuthRule.LevelUserNew, Set("61"));
        room.Check(ARoom.Alice, EventTypes.PowerLevels, "").IsAllowed();
    }

    [Theory]
    [MemberData(nameof(StringVersions))]
    public void A_string_that_says_the_same_is_no_change(int version)
    {
        Assert.Equal(AuthRule.None, By60(version, "\"ban\":100,", "\"ban\":\"100\","));
        Assert.Equal(AuthRule.LevelChange, By60(version, "\"ban\":100,", "\"ban\":\"101\","));
    }

    [Fact]
    public void Creators_of_version_12_are_above_every_level()
    {
        var room = new ARoom(12, $$"""{"additional_creators":["{{ARoom.Bob}}"]}""").Member(ARoom.Creator).Member(ARoom.Bob).Member(ARoom.Alice)
            .Levels($$$"""{"users":{"{{{ARoom.Alice}}}":9007199254740991},"events":{"m.room.power_levels":9007199254740991},"ban":100}""");

        foreach (var creator in new[] { ARoom.Creator, ARoom.Bob })
        {
            room.Check(creator, EventTypes.PowerLevels, "", $$$"""{"users":{"{{{ARoom.Alice}}}":0}}""").IsAllowed();
            room.Membership(creator, ARoom.Alice, "leave").IsAllowed();
            room.Membership(ARoom.Alice, creator, "leave").IsRefused(AuthRule.KickLevel);
            room.Membership(ARoom.Alice, creator, "ban").IsRefused(AuthRule.BanLevel);
        }
        room.Membership(ARoom.Creator, ARoom.Bob, "ban").IsRefused(AuthRule.BanLevel);
    }

    [Fact]
    public void Creators_of_version_12_are_not_named_in_power_levels()
    {
        var room = new ARoom(12, $$"""{"additional_creators":["{{ARoom.Bob}}"]}""").Member(ARoom.Creator);
        foreach (var creator in new[] { ARoom.Creator, ARoom.Bob })
            room.Check(ARoom.Creator, EventTypes.PowerLevels, "", $$$"""{"users":{"{{{creator}}}":100}}""").IsRefused(AuthRule.LevelUsersNameCreator);
        new ARoom(11).Member(ARoom.Creator).Check(ARoom.Creator, EventTypes.PowerLevels, "", $$$"""{"users":{"{{{ARoom.Creator}}}":100}}""").IsAllowed();
    }

    [Fact]
    public void Reading_and_checking_never_throw_whatever_the_content() => Seeds.Hold(seed =>
    {
        var random = new Random(seed);
        var version = random.Next(1, 13);
        var json = new RandomJson(seed);
        string Content() => RandomJson.Canonical(Spiked(json, random));

        var room = new ARoom(version, Content()).With(ARoom.Alice, EventTypes.Member, ARoom.Alice, Content()).With(ARoom.Alice, EventTypes.JoinRules, "", Content())
            .Levels(Content()).With(ARoom.Alice, EventTypes.ThirdPartyInvite, "token", Content());
        if (random.Next(2) == 0)
            room.Member(ARoom.Alice);
        foreach (var type in new[] { EventTypes.Create, EventTypes.Member, EventTypes.PowerLevels, EventTypes.ThirdPartyInvite, EventTypes.Redaction, "m.x" })
        {
            foreach (var key in new[] { null, "", ARoom.Alice, ARoom.Bob })
            {
                var pdu = room.Event(ARoom.Alice, type, key, Content());
                Assert.NotNull(room.Check(pdu).ToString());
                Assert.InRange(AuthEventTypes.For(pdu).Count, 0, 7);
            }
        }
    }, 300);

    public static TheoryData<int> Versions() => ARoom.Versions();

    public static TheoryData<int> StringVersions() => ARoom.Versions(1, 9);

    static Dictionary<string, object?> Spiked(RandomJson json, Random random)
    {
        var content = json.Object();
        foreach (var name in new[]
        {
            "membership", "join_rule", "users", "events", "notifications", "ban", "users_default", "third_party_invite", "signed", "additional_creators",
            "creator", "m.federate", "room_version", "join_authorised_via_users_server", "public_keys",
        })
        {
            if (random.Next(3) == 0)
                content[name] = json.Value();
        }
        if (random.Next(2) == 0)
            content["membership"] = new[] { "join", "invite", "leave", "ban", "knock" }[random.Next(5)];
        if (random.Next(3) == 0)
        {
            content["third_party_invite"] = new Dictionary<string, object?>
            {
                ["signed"] = new Dictionary<string, object?> { ["mxid"] = ARoom.Bob, ["token"] = "token", ["signatures"] = json.Value() },
            };
        }
        if (random.Next(3) == 0)
            content["users"] = new Dictionary<string, object?> { [ARoom.Alice] = random.Next(2) == 0 ? 100L : json.Value() };
        return content;
    }

    static PowerLevels Read(int version, string content)
    {
        var room = new ARoom(version);
        return PowerLevels.Parse(room.Version, room.Event(ARoom.Creator, EventTypes.PowerLevels, "", content), room.CreateEvent);
    }

    /// <summary>Alice, who has 60, changes the levels.</summary>
    static AuthRule By60(int version, string was, string becomes, string otherUsers = "", string becomeUsers = "")
    {
        string Content(string members, string users) => $$$"""{{{{members}}}"users":{"{{{ARoom.Alice}}}":60{{{users}}}}}""";
        return new ARoom(version).Member(ARoom.Alice).Levels(Content(was, otherUsers))
            .Check(ARoom.Alice, EventTypes.PowerLevels, "", Content(becomes, becomeUsers)).Rule;
    }

    static string Entry(string name, string level) => level.Length == 0 ? "" : $"\"{name}\":{level},";

    static string Map(string name, string entries) => $"\"{name}\":{{{entries}}},";
}
