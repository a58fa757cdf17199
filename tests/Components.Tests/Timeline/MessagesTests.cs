using System.Net;
using Matrix.Bus.Components.Tests.Sync;

namespace Matrix.Bus.Components.Tests.Timeline;

public sealed class MessagesTests(TimelineServer server) : IClassFixture<TimelineServer>
{
    const string Alice = "@alice:here", Bob = "@bob:here", Carol = "@carol:here";
    static int rooms;

    static RoomLog NewRoom(string visibility = "shared") => new RoomLog($"!messages{Interlocked.Increment(ref rooms)}:here").Created(visibility: visibility);

    [Theory]
    [InlineData("b", 1)]
    [InlineData("b", 3)]
    [InlineData("f", 1)]
    [InlineData("f", 2)]
    [InlineData("f", 1000)]
    public async Task Pages_of_any_size_and_direction_give_the_one_order(string direction, int limit)
    {
        var room = NewRoom();
        for (var i = 0; i < 7; i++)
            room.Message(Alice, $"message {i}");
        room.Old(Alice, "long ago");
        await server.Tell(room);
        var all = (await server.Get(Alice, $"rooms/{room.RoomId}/messages?dir=f&limit=1000")).Ok().Ids();
        Assert.Equal(12, all.Count);

        var paged = await Pages(Alice, room, direction, limit);

        if (direction == "b")
            paged.Reverse();
        Assert.Equal(all, paged);
    }

    [Fact]
    public async Task A_token_of_sync_goes_on_where_sync_ended()
    {
        var room = NewRoom();
        var before = room.Message(Alice, "before");
        await server.Tell(room);
        var next = (await server.Get(Alice, "sync")).Ok().Text("next_batch");
        var after = room.Message(Alice, "after");
        await server.Tell(room);

        Assert.Equal(before, (await server.Get(Alice, $"rooms/{room.RoomId}/messages?dir=b&limit=1&from={next}")).Ok().Ids()[0]);
        Assert.Equal([after], (await server.Get(Alice, $"rooms/{room.RoomId}/messages?dir=f&from={next}")).Ok().Ids());
    }

    [Fact]
    public async Task To_ends_a_page_in_both_directions()
    {
        var room = NewRoom();
        var first = room.Message(Alice, "first");
        await server.Tell(room);
        var token = (await server.Get(Alice, "sync")).Text("next_batch");
        var second = room.Message(Alice, "second");
        await server.Tell(room);

        Assert.Equal([second], (await server.Get(Alice, $"rooms/{room.RoomId}/messages?dir=b&to={token}")).Ok().Ids());
        Assert.Equal(first, (await server.Get(Alice, $"rooms/{room.RoomId}/messages?dir=f&to={token}")).Ok().Ids()[^1]);
    }

    [Fact]
    public async Task Who_left_sees_nothing_after_leaving()
    {
        var room = NewRoom();
        room.Join(Bob);
        var seen = room.Message(Alice, "seen");
        var leave = room.Leave(Bob);
        room.Message(Alice, "unseen");
        room.State(Alice, "m.room.name", "", new { name = "unseen too" });
        await server.Tell(room);

        var ids = (await server.Get(Bob, $"rooms/{room.RoomId}/messages?dir=b&limit=100")).Ok().Ids();
        Assert.Equal([leave, seen], ids.Take(2));
        Assert.Equal(ids.Count, (await server.Get(Bob, $"rooms/{room.RoomId}/messages?dir=f&limit=100")).Ids().Count);
    }

    [Fact]
    public async Task Joined_visibility_hides_what_was_before_and_between_two_stays()
    {
        var room = NewRoom("joined");
        var before = room.Message(Alice, "before");
        room.Join(Bob);
        var first = room.Message(Alice, "first stay");
        room.Leave(Bob);
        var between = room.Message(Alice, "between");
        room.Join(Bob);
        var second = room.Message(Alice, "second stay");
        await server.Tell(room);

        foreach (var direction in (string[])["b", "f"])
        {
            var ids = await Pages(Bob, room, direction, 1);
            Assert.Contains(first, ids);
            Assert.Contains(second, ids);
            Assert.DoesNotContain(before, ids);
            Assert.DoesNotContain(between, ids);
        }
    }

    [Fact]
    public async Task A_stranger_sees_world_readable_rooms_alone_and_of_them_what_was_said_in_the_open()
    {
        var hidden = NewRoom();
        var open = NewRoom();
        open.Message(Alice, "among us");
        open.State(Alice, "m.room.history_visibility", "", new { history_visibility = "world_readable" });
        var said = open.Message(Alice, "for all");
        await server.Tell(hidden);
        await server.Tell(open);

        (await server.Get(Carol, $"rooms/{hidden.RoomId}/messages?dir=b")).Refused(403, "M_FORBIDDEN");
        (await server.Get(Carol, "rooms/!nowhere:here/messages?dir=b")).Refused(403, "M_FORBIDDEN");
        var ids = (await server.Get(Carol, $"rooms/{open.RoomId}/messages?dir=b&limit=100")).Ok().Ids();
        Assert.Equal(said, ids[0]);
        Assert.Equal(2, ids.Count);
    }

    [Fact]
    public async Task Filters_choose_and_pages_still_end()
    {
        var room = NewRoom();
        for (var i = 0; i < 5; i++)
        {
            room.Message(Alice, $"{i}");
            room.State(Alice, "m.room.topic", "", new { topic = $"{i}" });
        }
        await server.Tell(room);

        var topics = await Pages(Alice, room, "b", 2, """&filter={"types":["m.room.topic"]}""");
        Assert.Equal(5, topics.Count);
        Assert.Empty((await server.Get(Alice, $"rooms/{room.RoomId}/messages?dir=b&filter=" + """{"rooms":["!other:here"]}""")).Ok().Ids());
        (await server.Get(Alice, $"rooms/{room.RoomId}/messages?dir=b&filter=nonsense")).Refused(400, "M_NOT_JSON");
    }

    [Fact]
    public async Task With_lazy_loading_the_members_who_spoke_come_along()
    {
        var room = NewRoom();
        room.Join(Bob, "Bob");
        room.Join(Carol);
        room.Message(Bob, "hello");
        await server.Tell(room);

        var page = (await server.Get(Alice, $"rooms/{room.RoomId}/messages?dir=b&limit=1&filter=" + """{"lazy_load_members":true}""")).Ok();
        var member = Assert.Single(page["state"].EnumerateArray());
        Assert.Equal(Bob, member.GetProperty("state_key").GetString());
        Assert.Equal("Bob", member.GetProperty("content").GetProperty("displayname").GetString());
    }

    [Fact]
    public async Task A_redacted_event_has_its_place_and_nothing_in_it()
    {
        var room = NewRoom();
        var gone = room.Message(Alice, "regretted");
        room.Redact(Alice, gone);
        await server.Tell(room);

        var found = (await server.Get(Alice, $"rooms/{room.RoomId}/messages?dir=b")).Ok()["chunk"].EnumerateArray()
            .Single(e => e.GetProperty("event_id").GetString() == gone);
        Assert.Empty(found.GetProperty("content").EnumerateObject());
        Assert.Equal("m.room.redaction", found.GetProperty("unsigned").GetProperty("redacted_because").GetProperty("type").GetString());
    }

    [Fact]
    public async Task Who_forgot_the_room_is_a_stranger_to_it()
    {
        var room = NewRoom();
        room.Join(Bob);
        room.Leave(Bob);
        await server.Tell(room);
        (await server.Get(Bob, $"rooms/{room.RoomId}/messages?dir=b")).Ok();

        room.Forget(Bob);
        await server.Tell(room);

        (await server.Get(Bob, $"rooms/{room.RoomId}/messages?dir=b")).Refused(403, "M_FORBIDDEN");
    }

    [Fact]
    public async Task Messages_of_ignored_users_are_left_out()
    {
        const string Reader = "@reader:here";
        var room = NewRoom();
        room.Join(Reader);
        room.Join(Bob);
        var unwanted = room.Message(Bob, "buy");
        var wanted = room.Message(Alice, "hi");
        await server.Tell(room);
        await server.TellData(Reader, null, "m.ignored_user_list", "{\"ignored_users\":{\"" + Bob + "\":{}}}");

        var ids = (await server.Get(Reader, $"rooms/{room.RoomId}/messages?dir=b")).Ok().Ids();
        Assert.Contains(wanted, ids);
        Assert.DoesNotContain(unwanted, ids);
    }

    [Theory]
    [InlineData("")]
    [InlineData("dir=up")]
    [InlineData("dir=b&limit=-1")]
    [InlineData("dir=b&from=t1_2")]
    [InlineData("dir=b&from=s99999999999999999999")]
    public async Task A_malformed_question_is_refused(string query)
    {
        var room = NewRoom();
        await server.Tell(room);
        Assert.Equal(HttpStatusCode.BadRequest, (await server.Get(Alice, $"rooms/{room.RoomId}/messages?{query}")).Status);
    }

    async Task<List<string>> Pages(string user, RoomLog room, string direction, int limit, string more = "")
    {
        var ids = new List<string>();
        var token = "";
        for (var page = 0; page < 50; page++)
        {
            var answer = (await server.Get(user, $"rooms/{room.RoomId}/messages?dir={direction}&limit={limit}{more}{token}")).Ok();
            ids.AddRange(answer.Ids());
            if (answer.Text("end") is not { } end)
                return ids;
            token = $"&from={end}";
        }
        throw new Xunit.Sdk.XunitException("The pages do not end.");
    }
}
