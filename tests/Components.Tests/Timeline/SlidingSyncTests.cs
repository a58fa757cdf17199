using System.Text.Json;
using Matrix.Bus.Components.Tests.Sync;

namespace Matrix.Bus.Components.Tests.Timeline;

public sealed class SlidingSyncTests(TimelineServer server) : IClassFixture<TimelineServer>
{
    const string Path = "/_matrix/client/unstable/org.matrix.simplified_msc3575/sync";
    static int names;

    /// <summary>Every test has users of its own, so that no other test's rooms are in their lists.</summary>
    readonly string alice = $"@alice{Interlocked.Increment(ref names)}:here", bob = $"@bob{names}:here";

    RoomLog NewRoom() => new RoomLog($"!sliding{Interlocked.Increment(ref names)}:here").Created(alice);

    static object List(int to = 19, int limit = 10, string[][]? state = null, object? filters = null) => new
    {
        lists = new { all = new { ranges = new[] { new[] { 0, to } }, timeline_limit = limit, required_state = state ?? [], filters = filters ?? new { } } },
    };

    static object Subscribe(RoomLog room, int limit = 10, string[][]? state = null) => new
    {
        room_subscriptions = new Dictionary<string, object> { [room.RoomId] = new { timeline_limit = limit, required_state = state ?? [] } },
    };

    Task<TimelineServer.Response> Slide(string user, object body, string? pos = null, int timeout = 0) =>
        server.Post(user, $"{Path}?timeout={timeout}{(pos is null ? "" : $"&pos={pos}")}", body);

    static JsonElement? Room(TimelineServer.Response answer, RoomLog room) =>
        answer["rooms"].TryGetProperty(room.RoomId, out var found) ? found : null;

    static List<string> Bodies(JsonElement? room) => room is not { } found || !found.TryGetProperty("timeline", out var timeline) ? []
        : [.. timeline.EnumerateArray().Select(e => e.GetProperty("content")).Where(c => c.TryGetProperty("body", out _)).Select(c => c.GetProperty("body").GetString()!)];

    static List<string> State(JsonElement? room) => room is not { } found || !found.TryGetProperty("required_state", out var state) ? []
        : [.. state.EnumerateArray().Select(e => $"{e.GetProperty("type").GetString()}|{e.GetProperty("state_key").GetString()}").Order(StringComparer.Ordinal)];

    static bool Flag(JsonElement? room, string name) => room!.Value.TryGetProperty(name, out var flag) && flag.GetBoolean();

    static int Count(TimelineServer.Response answer) => answer["lists"].GetProperty("all").GetProperty("count").GetInt32();

    [Fact]
    public async Task A_first_answer_has_the_window_with_the_most_active_rooms()
    {
        var rooms = Enumerable.Range(0, 4).Select(_ => NewRoom()).ToList();
        foreach (var room in rooms)
            await server.Tell(room);
        rooms[0].State(alice, "m.room.name", "", new { name = "the first" });
        rooms[0].Join(bob, "Bob");
        rooms[0].Message(bob, "hello");
        await server.Tell(rooms[0]);

        var answer = (await Slide(alice, List(to: 1, limit: 1, state: [["m.room.create", ""], ["m.room.member", "$ME"]]))).Ok();

        Assert.Equal(4, Count(answer));
        Assert.Equal([rooms[0].RoomId, rooms[3].RoomId], answer["rooms"].EnumerateObject().Select(room => room.Name));
        var first = Room(answer, rooms[0]);
        Assert.True(Flag(first, "initial"));
        Assert.True(Flag(first, "limited"));
        Assert.Equal(["hello"], Bodies(first));
        Assert.Equal(["m.room.create|", $"m.room.member|{alice}"], State(first));
        Assert.Equal("the first", first!.Value.GetProperty("name").GetString());
        Assert.Equal(2, first.Value.GetProperty("joined_count").GetInt32());
        Assert.Equal("join", first.Value.GetProperty("membership").GetString());
        Assert.True(first.Value.GetProperty("bump_stamp").GetInt64() > Room(answer, rooms[3])!.Value.GetProperty("bump_stamp").GetInt64());
    }

    [Fact]
    public async Task A_later_answer_has_what_is_new_alone()
    {
        var room = NewRoom();
        var quiet = NewRoom();
        await server.Tell(room);
        await server.Tell(quiet);
        var first = (await Slide(alice, List(state: [["m.room.name", ""], ["m.room.topic", ""]]))).Ok();
        room.Message(alice, "news");
        room.State(alice, "m.room.name", "", new { name = "a name" });
        await server.Tell(room);

        var second = (await Slide(alice, List(state: [["m.room.name", ""], ["m.room.topic", ""]]), first.Text("pos"))).Ok();
        Assert.Null(Room(second, quiet));
        var found = Room(second, room);
        Assert.False(Flag(found, "initial"));
        Assert.False(Flag(found, "limited"));
        Assert.Equal(["news"], Bodies(found));
        Assert.Equal(2, found!.Value.GetProperty("num_live").GetInt32());
        Assert.Equal(["m.room.name|"], State(found));
        Assert.Equal("a name", found.Value.GetProperty("name").GetString());

        var third = (await Slide(alice, List(state: [["m.room.name", ""], ["m.room.topic", ""]]), second.Text("pos"))).Ok();
        Assert.Empty(third["rooms"].EnumerateObject());
    }

    [Fact]
    public async Task A_waiting_client_is_woken_and_told()
    {
        var room = NewRoom();
        await server.Tell(room);
        var first = (await Slide(alice, List())).Ok();
        var waiting = Slide(alice, List(), first.Text("pos"), timeout: 30_000);
        room.Message(alice, "wake up");
        await server.Tell(room);
        Assert.Equal(["wake up"], Bodies(Room((await waiting.WaitAsync(TimeSpan.FromSeconds(15))).Ok(), room)));
    }

    [Fact]
    public async Task A_wider_window_brings_the_rooms_that_were_not_sent_yet()
    {
        var rooms = Enumerable.Range(0, 3).Select(_ => NewRoom()).ToList();
        foreach (var room in rooms)
            await server.Tell(room);
        var first = (await Slide(alice, List(to: 0))).Ok();
        var second = (await Slide(alice, List(to: 9), first.Text("pos"))).Ok();
        Assert.Equal([rooms[2].RoomId], first["rooms"].EnumerateObject().Select(room => room.Name));
        Assert.Equal([rooms[1].RoomId, rooms[0].RoomId], second["rooms"].EnumerateObject().Select(room => room.Name));
        Assert.All(second["rooms"].EnumerateObject(), room => Assert.True(room.Value.GetProperty("initial").GetBoolean()));
    }

    [Fact]
    public async Task A_room_that_comes_back_into_the_window_brings_what_was_missed()
    {
        var room = NewRoom();
        var other = NewRoom();
        await server.Tell(other);
        await server.Tell(room);
        var pos = (await Slide(alice, List(to: 0, limit: 2))).Ok().Text("pos");
        other.Message(alice, "in front");
        await server.Tell(other);
        pos = (await Slide(alice, List(to: 0, limit: 2), pos)).Ok().Text("pos");
        room.Message(alice, "1");
        other.Message(alice, "in front again");
        await server.Tell(room);
        await server.Tell(other);
        var without = (await Slide(alice, List(to: 0, limit: 2), pos)).Ok();
        Assert.Null(Room(without, room));
        room.Message(alice, "2");
        await server.Tell(room);

        var back = Room((await Slide(alice, List(to: 0, limit: 2), without.Text("pos"))).Ok(), room);
        Assert.False(Flag(back, "initial"));
        Assert.Equal(["1", "2"], Bodies(back));
        Assert.False(Flag(back, "limited"));
        Assert.Equal(1, back!.Value.GetProperty("num_live").GetInt32());
    }

    [Fact]
    public async Task A_gap_is_marked_and_can_be_paged_through()
    {
        var room = NewRoom();
        await server.Tell(room);
        var pos = (await Slide(alice, List(limit: 1))).Ok().Text("pos");
        var missed = room.Message(alice, "missed");
        room.Message(alice, "newest");
        await server.Tell(room);

        var found = Room((await Slide(alice, List(limit: 1), pos)).Ok(), room);
        Assert.Equal(["newest"], Bodies(found));
        Assert.True(Flag(found, "limited"));
        var prev = found!.Value.GetProperty("prev_batch").GetString();
        Assert.Equal(missed, (await server.Get(alice, $"rooms/{room.RoomId}/messages?dir=b&from={prev}&to={pos}")).Ok().Ids().Single());
    }

    [Fact]
    public async Task An_invite_shows_its_stripped_state_and_a_join_the_room()
    {
        var room = NewRoom();
        room.Message(alice, "secret");
        room.Invite(alice, bob, """[{"type":"m.room.name","state_key":"","sender":"@x:here","content":{"name":"Party"}}]""");
        await server.Tell(room);

        var answer = (await Slide(bob, List(state: [["*", "*"]]))).Ok();
        var invite = Room(answer, room);
        Assert.Equal("invite", invite!.Value.GetProperty("membership").GetString());
        Assert.Contains("Party", invite.Value.GetProperty("invite_state").ToString(), StringComparison.Ordinal);
        Assert.False(invite.Value.TryGetProperty("timeline", out _));
        Assert.False(invite.Value.TryGetProperty("required_state", out _));

        room.Join(bob);
        await server.Tell(room);
        var joined = Room((await Slide(bob, List(state: [["*", "*"]]), answer.Text("pos"))).Ok(), room);
        Assert.True(Flag(joined, "initial"));
        Assert.Equal(["secret"], Bodies(joined));
        Assert.Contains("m.room.power_levels|", State(joined));
    }

    [Fact]
    public async Task Who_leaves_is_told_so_once_and_nothing_of_after()
    {
        var room = NewRoom();
        room.Join(bob);
        await server.Tell(room);
        var pos = (await Slide(bob, List(state: [["*", "*"]]))).Ok().Text("pos");
        room.Message(alice, "before");
        room.Leave(bob);
        room.Message(alice, "after");
        room.State(alice, "m.room.topic", "", new { topic = "after" });
        await server.Tell(room);

        var answer = (await Slide(bob, List(state: [["*", "*"]]), pos)).Ok();
        var left = Room(answer, room);
        Assert.Equal("leave", left!.Value.GetProperty("membership").GetString());
        Assert.Equal(["before"], Bodies(left));
        Assert.Equal([$"m.room.member|{bob}"], State(left));
        room.Message(alice, "much later");
        await server.Tell(room);
        Assert.Empty((await Slide(bob, List(state: [["*", "*"]]), answer.Text("pos"))).Ok()["rooms"].EnumerateObject());
        Assert.Empty((await Slide(bob, List())).Ok()["rooms"].EnumerateObject());
    }

    [Fact]
    public async Task Who_was_put_out_finds_the_room_in_a_new_connection_as_it_was_then()
    {
        var room = NewRoom();
        room.Join(bob);
        room.Message(alice, "before");
        room.Member(alice, bob, "ban");
        room.Message(alice, "after");
        await server.Tell(room);
        var found = Room((await Slide(bob, List(state: [["m.room.topic", ""]]))).Ok(), room);
        Assert.Equal("ban", found!.Value.GetProperty("membership").GetString());
        Assert.Equal(["before"], Bodies(found));
        Assert.Equal([$"m.room.member|{bob}"], State(found));
    }

    [Fact]
    public async Task Lazy_members_are_those_who_speak_and_all_state_without_them_leaves_the_rest()
    {
        var room = NewRoom();
        room.Join(bob, "Bob");
        room.Join("@silent:here");
        room.Message(bob, "hi");
        await server.Tell(room);
        var lazy = Room((await Slide(alice, List(limit: 1, state: [["*", "*"], ["m.room.member", "$LAZY"]]))).Ok(), room);
        Assert.Equal(["m.room.create|", "m.room.history_visibility|", $"m.room.member|{bob}", "m.room.power_levels|"], State(lazy));
        var all = Room((await Slide(alice, List(limit: 1, state: [["m.room.member", "*"]]))).Ok(), room);
        Assert.Equal(3, State(all).Count);
    }

    [Fact]
    public async Task The_proposals_own_form_is_understood()
    {
        var room = NewRoom();
        room.Message(alice, "hi");
        await server.Tell(room);
        object body(string? pos) => new
        {
            conn_id = "main",
            pos,
            timeout = 0,
            lists = new { all = new { range = new[] { 0, 5 }, timeline_limit = 1, required_state = new { include = new[] { new { } }, exclude = new[] { new { type = "m.room.create" } }, lazy_members = true } } },
        };
        var first = (await server.Post(alice, "/_matrix/client/v4/sync", body(null))).Ok();
        Assert.Equal(["m.room.history_visibility|", $"m.room.member|{alice}", "m.room.power_levels|"], State(Room(first, room)));
        Assert.Empty((await server.Post(alice, "/_matrix/client/v4/sync", body(first.Text("pos")))).Ok()["rooms"].EnumerateObject());
    }

    [Fact]
    public async Task Filters_choose_rooms()
    {
        var plain = NewRoom();
        var direct = NewRoom();
        var encrypted = NewRoom();
        encrypted.State(alice, "m.room.encryption", "", new { algorithm = "m.megolm.v1.aes-sha2" });
        var tagged = NewRoom();
        var space = new RoomLog($"!space{Interlocked.Increment(ref names)}:here");
        space.State(alice, "m.room.create", "", new { type = "m.space" });
        space.Join(alice);
        space.State(alice, "m.space.child", plain.RoomId, new { via = new[] { "here" } });
        space.State(alice, "m.space.child", tagged.RoomId, new { });
        var invite = new RoomLog($"!invite{Interlocked.Increment(ref names)}:here").Created(bob);
        invite.Invite(bob, alice);
        foreach (var room in (RoomLog[])[plain, direct, encrypted, tagged, space, invite])
            await server.Tell(room);
        await server.TellData(alice, null, "m.direct", JsonSerializer.Serialize(new Dictionary<string, string[]> { [bob] = [direct.RoomId] }));
        await server.TellData(alice, tagged.RoomId, "m.tag", """{"tags":{"m.favourite":{}}}""");

        async Task<List<string>> With(object filters) =>
            [.. (await Slide(alice, List(filters: filters))).Ok()["rooms"].EnumerateObject().Select(room => room.Name).Order(StringComparer.Ordinal)];
        static List<string> Ids(params RoomLog[] rooms) => [.. rooms.Select(room => room.RoomId).Order(StringComparer.Ordinal)];

        Assert.Equal(Ids(direct), await With(new { is_dm = true }));
        Assert.Equal(Ids(plain, encrypted, tagged, space, invite), await With(new { is_dm = false }));
        Assert.Equal(Ids(encrypted), await With(new { is_encrypted = true }));
        Assert.Equal(Ids(invite), await With(new { is_invite = true }));
        Assert.Equal(Ids(plain, direct, encrypted, tagged, space), await With(new { is_invited = false }));
        Assert.Equal(Ids(space), await With(new { room_types = new[] { "m.space" } }));
        Assert.Equal(Ids(plain, direct, encrypted, tagged), await With(new { room_types = new string?[] { null }, is_invite = false }));
        Assert.Equal(Ids(plain, direct, encrypted, tagged, invite), await With(new { not_room_types = new[] { "m.space" } }));
        Assert.Equal(Ids(tagged), await With(new { tags = new[] { "m.favourite" } }));
        Assert.Equal(Ids(plain, direct, encrypted, space, invite), await With(new { not_tags = new[] { "m.favourite" } }));
        Assert.Equal(Ids(plain), await With(new { spaces = new[] { space.RoomId } }));
    }

    [Fact]
    public async Task Wanting_more_of_a_room_brings_it_at_once()
    {
        var room = NewRoom();
        for (var i = 0; i < 5; i++)
            room.Message(alice, $"{i}");
        await server.Tell(room);
        var pos = (await Slide(alice, List(limit: 1, state: [["m.room.create", ""]]))).Ok().Text("pos");

        var wider = (await Slide(alice, Subscribe(room, 3, [["m.room.create", ""]]), pos)).Ok();
        Assert.Equal(["2", "3", "4"], Bodies(Room(wider, room)));
        Assert.True(Flag(Room(wider, room), "expanded_timeline"));
        Assert.False(Flag(Room(wider, room), "initial"));
        Assert.Equal(0, Room(wider, room)!.Value.GetProperty("num_live").GetInt32());
        Assert.Empty((await Slide(alice, Subscribe(room, 3, [["m.room.create", ""]]), wider.Text("pos"))).Ok()["rooms"].EnumerateObject());

        var richer = (await Slide(alice, Subscribe(room, 3, [["m.room.create", ""], ["m.room.power_levels", ""]]), wider.Text("pos"))).Ok();
        Assert.Equal(["m.room.power_levels|"], State(Room(richer, room)));
        Assert.Empty(Bodies(Room(richer, room)));
    }

    [Fact]
    public async Task A_subscription_to_a_room_of_others_is_ignored()
    {
        var room = NewRoom();
        room.Message(alice, "ours");
        await server.Tell(room);
        Assert.Empty((await Slide(bob, Subscribe(room))).Ok()["rooms"].EnumerateObject());
    }

    [Fact]
    public async Task A_retry_with_the_same_position_gets_the_same_again()
    {
        var room = NewRoom();
        await server.Tell(room);
        var first = (await Slide(alice, List())).Ok();
        var second = NewRoom();
        room.Message(alice, "once");
        await server.Tell(room);
        await server.Tell(second);

        foreach (var _ in Enumerable.Range(0, 2))
        {
            var answer = (await Slide(alice, List(), first.Text("pos"))).Ok();
            Assert.Equal(["once"], Bodies(Room(answer, room)));
            Assert.True(Flag(Room(answer, second), "initial"));
        }
    }

    [Fact]
    public async Task A_position_is_good_for_its_own_device_and_connection_alone()
    {
        var room = NewRoom();
        room.Join(bob);
        await server.Tell(room);
        var pos = (await Slide(alice, List())).Ok().Text("pos");

        (await Slide(bob, List(), pos)).Refused(400, "M_UNKNOWN_POS");
        (await server.Post(alice, $"{Path}?pos={pos}", List(), device: "OTHER")).Refused(400, "M_UNKNOWN_POS");
        (await Slide(alice, new { conn_id = "another" }, pos)).Refused(400, "M_UNKNOWN_POS");
        (await Slide(alice, List(), "nonsense")).Refused(400, "M_UNKNOWN_POS");
        (await Slide(alice, List(), "s1_999999999")).Refused(400, "M_UNKNOWN_POS");
        (await Slide(alice, List(), pos)).Ok();
    }

    [Fact]
    public async Task Another_host_goes_on_where_the_first_ended()
    {
        var room = NewRoom();
        await server.Tell(room);
        var pos = (await Slide(alice, List())).Ok().Text("pos");
        room.Message(alice, "meanwhile");
        await server.Tell(room);

        await using var second = new TimelineServer { Database = server.Database };
        await second.InitializeAsync();
        var answer = (await second.Post(alice, $"{Path}?pos={pos}", List())).Ok();
        Assert.Equal(["meanwhile"], Bodies(Room(answer, room)));
        Assert.False(Flag(Room(answer, room), "initial"));
    }

    [Fact]
    public async Task Account_data_comes_as_an_extension_whole_at_first_then_what_changes()
    {
        var room = NewRoom();
        await server.Tell(room);
        await server.TellData(alice, null, "org.test", """{"a":1}""");
        await server.TellData(alice, room.RoomId, "m.tag", """{"tags":{}}""");
        object body(bool enabled) => new
        {
            lists = new { all = new { ranges = new[] { new[] { 0, 9 } }, timeline_limit = 1 } },
            extensions = new { account_data = new { enabled }, to_device = new { enabled }, e2ee = new { enabled } },
        };
        var without = (await Slide(alice, body(false))).Ok();
        Assert.Empty(without["extensions"].EnumerateObject());

        var first = (await Slide(alice, body(true), without.Text("pos"))).Ok();
        var data = first["extensions"].GetProperty("account_data");
        Assert.Equal("org.test", Assert.Single(data.GetProperty("global").EnumerateArray()).GetProperty("type").GetString());
        Assert.Single(data.GetProperty("rooms").GetProperty(room.RoomId).EnumerateArray());
        Assert.Empty(first["extensions"].GetProperty("to_device").GetProperty("events").EnumerateArray());

        var waiting = Slide(alice, body(true), first.Text("pos"), timeout: 30_000);
        await server.TellData(alice, null, "org.other", """{"b":2}""");
        var second = (await waiting.WaitAsync(TimeSpan.FromSeconds(15))).Ok()["extensions"].GetProperty("account_data");
        Assert.Equal("org.other", Assert.Single(second.GetProperty("global").EnumerateArray()).GetProperty("type").GetString());
        Assert.Empty(second.GetProperty("rooms").EnumerateObject());
    }

    [Fact]
    public async Task Who_types_is_told_once_and_when_it_ends()
    {
        var room = NewRoom();
        room.Join(bob);
        await server.Tell(room);
        object body = new
        {
            lists = new { all = new { ranges = new[] { new[] { 0, 9 } }, timeline_limit = 1 } },
            extensions = new { typing = new { enabled = true } },
        };
        string Users(TimelineServer.Response answer) => answer["extensions"].TryGetProperty("typing", out var typing)
            ? string.Join(',', typing.GetProperty("rooms").GetProperty(room.RoomId).GetProperty("content").GetProperty("user_ids").EnumerateArray().Select(user => user.GetString()))
            : "nothing";
        var first = (await Slide(alice, body)).Ok();
        Assert.Equal("nothing", Users(first));

        var waiting = Slide(alice, body, first.Text("pos"), timeout: 30_000);
        server.Type(room.RoomId, bob, typing: true);
        var second = (await waiting.WaitAsync(TimeSpan.FromSeconds(15))).Ok();
        Assert.Equal(bob, Users(second));
        var third = (await Slide(alice, body, second.Text("pos"))).Ok();
        Assert.Equal("nothing", Users(third));
        server.Type(room.RoomId, bob, typing: false);
        Assert.Equal("", Users((await Slide(alice, body, third.Text("pos"), timeout: 30_000)).Ok()));
        (await server.Get(alice, $"rooms/{room.RoomId}/messages?dir=b&from={second.Text("pos")}")).Ok();
    }

    [Theory]
    [InlineData("""{"lists":[]}""")]
    [InlineData("""{"lists":{"a":{"ranges":[[5,1]],"timeline_limit":1}}}""")]
    [InlineData("""{"lists":{"a":{"ranges":[[0,1]],"timeline_limit":"many"}}}""")]
    [InlineData("""{"lists":{"a":{"ranges":[[0,1]],"timeline_limit":1,"required_state":[["m.room.name"]]}}}""")]
    [InlineData("""{"lists":{"a":{"ranges":[[0,1]],"timeline_limit":1,"filters":{"is_dm":"yes"}}}}""")]
    [InlineData("""{"room_subscriptions":{"!a:b":7}}""")]
    public async Task A_malformed_request_is_refused(string body) => (await Slide(alice, body)).Refused(400, "M_INVALID_PARAM");
}
