using System.Text.Json;
using Matrix.Bus.Components.Tests.Sync;

namespace Matrix.Bus.Components.Tests.Timeline;

public sealed class RelationsTests(TimelineServer server) : IClassFixture<TimelineServer>
{
    const string Alice = "@alice:here", Bob = "@bob:here", Carol = "@carol:here";
    static int rooms;

    static RoomLog NewRoom() => new RoomLog($"!relations{Interlocked.Increment(ref rooms)}:here").Created();

    static string Path(RoomLog room, string id, string rest = "") => $"/_matrix/client/v1/rooms/{room.RoomId}/relations/{id}{rest}";

    static object Thread(string root) => new { rel_type = "m.thread", event_id = root };

    static object Edit(string target) => new { rel_type = "m.replace", event_id = target };

    static object Reference(string target) => new { rel_type = "m.reference", event_id = target };

    [Theory]
    [InlineData("b", 1)]
    [InlineData("b", 2)]
    [InlineData("f", 1)]
    [InlineData("f", 3)]
    public async Task Pages_of_relations_give_the_whole(string direction, int limit)
    {
        var room = NewRoom();
        var root = room.Message(Alice, "root");
        var children = Enumerable.Range(0, 5).Select(i => room.Message(Alice, $"{i}", Thread(root))).ToList();
        await server.Tell(room);

        var ids = new List<string>();
        var token = "";
        while (true)
        {
            var page = (await server.Get(Alice, Path(room, root, $"/m.thread?dir={direction}&limit={limit}{token}"))).Ok();
            ids.AddRange(page.Ids());
            Assert.True(ids.Count <= children.Count);
            if (page.Text("next_batch") is not { } next)
                break;
            token = $"&from={next}";
        }

        if (direction == "b")
            ids.Reverse();
        Assert.Equal(children, ids);
    }

    [Fact]
    public async Task Relations_are_chosen_by_relationship_and_type_and_followed_if_asked()
    {
        var room = NewRoom();
        var root = room.Message(Alice, "root");
        var reply = room.Message(Alice, "reply", Thread(root));
        var edit = room.Message(Alice, "* reply", Edit(reply));
        var reference = room.Message(Alice, "see", Reference(root));
        await server.Tell(room);

        Assert.Equal([reference, reply], (await server.Get(Alice, Path(room, root))).Ok().Ids());
        Assert.Equal([reference], (await server.Get(Alice, Path(room, root, "/m.reference"))).Ok().Ids());
        Assert.Equal([reply], (await server.Get(Alice, Path(room, root, "/m.thread/m.room.message"))).Ok().Ids());
        Assert.Empty((await server.Get(Alice, Path(room, root, "/m.thread/m.room.encrypted"))).Ok().Ids());
        var followed = (await server.Get(Alice, Path(room, root, "?recurse=true"))).Ok();
        Assert.Equal([reference, edit, reply], followed.Ids());
        Assert.True(followed["recursion_depth"].GetInt32() >= 3);
        Assert.Equal([edit], (await server.Get(Alice, Path(room, root, "/m.replace?recurse=true"))).Ok().Ids());
    }

    [Fact]
    public async Task Relations_of_relations_are_followed_so_far_and_no_further()
    {
        var room = NewRoom();
        var chain = new List<string> { room.Message(Alice, "0") };
        for (var i = 1; i <= 7; i++)
            chain.Add(room.Message(Alice, $"{i}", Reference(chain[^1])));
        await server.Tell(room);

        var followed = (await server.Get(Alice, Path(room, chain[0], "?recurse=true&dir=f"))).Ok();
        Assert.Equal(chain.Skip(1).Take(followed["recursion_depth"].GetInt32()), followed.Ids());
    }

    [Fact]
    public async Task Who_left_sees_no_relation_that_came_later_nor_it_summed_up()
    {
        var room = NewRoom();
        room.Join(Bob);
        var root = room.Message(Alice, "root");
        var seen = room.Message(Alice, "seen", Thread(root));
        room.Leave(Bob);
        room.Message(Alice, "unseen", Thread(root));
        room.Message(Alice, "* rewritten", Edit(root));
        await server.Tell(room);

        Assert.Equal([seen], (await server.Get(Bob, Path(room, root))).Ok().Ids());
        var relations = Relations((await server.Get(Bob, $"rooms/{room.RoomId}/event/{root}")).Ok().Json);
        Assert.Equal(1, relations.GetProperty("m.thread").GetProperty("count").GetInt32());
        Assert.Equal(seen, relations.GetProperty("m.thread").GetProperty("latest_event").GetProperty("event_id").GetString());
        Assert.False(relations.TryGetProperty("m.replace", out _));
        (await server.Get(Carol, Path(room, root))).Refused(404, "M_NOT_FOUND");
        (await server.Get(Carol, $"/_matrix/client/v1/rooms/{room.RoomId}/threads")).Refused(403, "M_FORBIDDEN");
    }

    [Fact]
    public async Task A_parent_of_another_room_is_missing()
    {
        var room = NewRoom();
        var other = NewRoom();
        var root = other.Message(Alice, "root");
        await server.Tell(room);
        await server.Tell(other);
        (await server.Get(Alice, Path(room, root))).Refused(404, "M_NOT_FOUND");
    }

    [Fact]
    public async Task An_event_carries_its_newest_edit_by_its_own_sender()
    {
        var room = NewRoom();
        room.Join(Bob);
        var said = room.Message(Alice, "said");
        room.Message(Alice, "* said better", Edit(said));
        var best = room.Message(Alice, "* said best", Edit(said));
        room.Message(Bob, "* put into her mouth", Edit(said));
        await server.Tell(room);

        var found = (await server.Get(Bob, $"rooms/{room.RoomId}/event/{said}")).Ok();
        Assert.Equal(best, Relations(found.Json).GetProperty("m.replace").GetProperty("event_id").GetString());
        Assert.Equal("said", found["content"].GetProperty("body").GetString());
    }

    [Fact]
    public async Task A_redacted_relation_counts_no_longer_and_a_redacted_event_shows_no_edit()
    {
        var room = NewRoom();
        var root = room.Message(Alice, "root");
        var reply = room.Message(Alice, "reply", Thread(root));
        var edited = room.Message(Alice, "edited");
        room.Message(Alice, "* edited", Edit(edited));
        room.Redact(Alice, reply);
        room.Redact(Alice, edited);
        await server.Tell(room);

        Assert.Empty((await server.Get(Alice, Path(room, root))).Ok().Ids());
        Assert.False((await server.Get(Alice, $"rooms/{room.RoomId}/event/{root}")).Ok()["unsigned"].TryGetProperty("m.relations", out _));
        Assert.False((await server.Get(Alice, $"rooms/{room.RoomId}/event/{edited}")).Ok()["unsigned"].TryGetProperty("m.relations", out _));
    }

    [Fact]
    public async Task Threads_are_listed_by_their_newest_event_and_summed_up()
    {
        var room = NewRoom();
        room.Join(Bob);
        var first = room.Message(Alice, "first");
        var second = room.Message(Alice, "second");
        var mine = room.Message(Bob, "mine");
        room.Message(Alice, "a", Thread(second));
        room.Message(Alice, "b", Thread(mine));
        var last = room.Message(Alice, "c", Thread(first));
        var edit = room.Message(Alice, "* c", Edit(last));
        await server.Tell(room);
        var path = $"/_matrix/client/v1/rooms/{room.RoomId}/threads";

        Assert.Equal([first, mine, second], (await server.Get(Bob, path)).Ok().Ids());
        Assert.Equal([mine], (await server.Get(Bob, path + "?include=participated")).Ok().Ids());
        var page = (await server.Get(Bob, path + "?limit=2")).Ok();
        Assert.Equal([first, mine], page.Ids());
        var rest = (await server.Get(Bob, $"{path}?limit=2&from={page.Text("next_batch")}")).Ok();
        Assert.Equal([second], rest.Ids());
        Assert.Null(rest.Text("next_batch"));

        var thread = Relations(page["chunk"][0]).GetProperty("m.thread");
        Assert.Equal(1, thread.GetProperty("count").GetInt32());
        Assert.False(thread.GetProperty("current_user_participated").GetBoolean());
        Assert.Equal(last, thread.GetProperty("latest_event").GetProperty("event_id").GetString());
        Assert.Equal(edit, Relations(thread.GetProperty("latest_event")).GetProperty("m.replace").GetProperty("event_id").GetString());
        Assert.True(Relations(page["chunk"][1]).GetProperty("m.thread").GetProperty("current_user_participated").GetBoolean());
        (await server.Get(Bob, path + "?include=some")).Refused(400, "M_INVALID_PARAM");
    }

    [Fact]
    public async Task What_ignored_users_say_in_threads_is_left_out()
    {
        const string Reader = "@thread-reader:here";
        var room = NewRoom();
        room.Join(Reader);
        room.Join(Bob);
        var root = room.Message(Bob, "root");
        var wanted = room.Message(Alice, "wanted", Thread(root));
        room.Message(Bob, "unwanted", Thread(root));
        await server.Tell(room);
        await server.TellData(Reader, null, "m.ignored_user_list", "{\"ignored_users\":{\"" + Bob + "\":{}}}");

        var thread = Assert.Single((await server.Get(Reader, $"/_matrix/client/v1/rooms/{room.RoomId}/threads")).Ok()["chunk"].EnumerateArray());
        Assert.Empty(thread.GetProperty("content").EnumerateObject());
        Assert.Equal(1, Relations(thread).GetProperty("m.thread").GetProperty("count").GetInt32());
        Assert.Equal([wanted], (await server.Get(Reader, Path(room, root))).Ok().Ids());
    }

    [Fact]
    public async Task References_are_listed_with_the_event_in_messages_too()
    {
        var room = NewRoom();
        var root = room.Message(Alice, "root");
        var one = room.Message(Alice, "one", Reference(root));
        var two = room.Message(Alice, "two", Reference(root));
        await server.Tell(room);

        var found = (await server.Get(Alice, $"rooms/{room.RoomId}/messages?dir=b")).Ok()["chunk"].EnumerateArray().Single(e => e.GetProperty("event_id").GetString() == root);
        Assert.Equal([one, two], Relations(found).GetProperty("m.reference").GetProperty("chunk").EnumerateArray().Select(e => e.GetProperty("event_id").GetString()));
    }

    static JsonElement Relations(JsonElement it) => it.GetProperty("unsigned").GetProperty("m.relations");
}
