using Matrix.Bus.Components.Tests.Sync;

namespace Matrix.Bus.Components.Tests.Timeline;

public sealed class RoomReadingTests(TimelineServer server) : IClassFixture<TimelineServer>
{
    const string Alice = "@alice:here", Bob = "@bob:here", Carol = "@carol:here";
    static int rooms;

    static RoomLog NewRoom(string visibility = "shared") => new RoomLog($"!reading{Interlocked.Increment(ref rooms)}:here").Created(visibility: visibility);

    [Fact]
    public async Task A_context_has_the_event_its_neighbours_the_state_and_tokens_that_go_on()
    {
        var room = NewRoom();
        var ids = Enumerable.Range(0, 9).Select(i => room.Message(Alice, $"{i}")).ToList();
        await server.Tell(room);

        var context = (await server.Get(Alice, $"rooms/{room.RoomId}/context/{ids[4]}?limit=4")).Ok();

        Assert.Equal(ids[4], context["event"].GetProperty("event_id").GetString());
        Assert.Equal([ids[3], ids[2]], context.Ids("events_before"));
        Assert.Equal([ids[5], ids[6]], context.Ids("events_after"));
        Assert.Equal(4, context["state"].GetArrayLength());
        Assert.Equal(ids[1], (await server.Get(Alice, $"rooms/{room.RoomId}/messages?dir=b&from={context.Text("start")}")).Ids()[0]);
        Assert.Equal(ids[7], (await server.Get(Alice, $"rooms/{room.RoomId}/messages?dir=f&from={context.Text("end")}")).Ids()[0]);
        Assert.Empty((await server.Get(Alice, $"rooms/{room.RoomId}/context/{ids[4]}?limit=0")).Ok().Ids("events_after"));
    }

    [Fact]
    public async Task A_context_ends_where_the_viewer_left()
    {
        var room = NewRoom();
        room.Join(Bob);
        var seen = room.Message(Alice, "seen");
        var leave = room.Leave(Bob);
        var unseen = room.Message(Alice, "unseen");
        room.State(Alice, "m.room.topic", "", new { topic = "unseen" });
        await server.Tell(room);

        var context = (await server.Get(Bob, $"rooms/{room.RoomId}/context/{seen}?limit=100")).Ok();
        Assert.Equal([leave], context.Ids("events_after"));
        Assert.DoesNotContain(context["state"].EnumerateArray(), e => e.GetProperty("type").GetString() == "m.room.topic");
        (await server.Get(Bob, $"rooms/{room.RoomId}/context/{unseen}")).Refused(404, "M_NOT_FOUND");
    }

    [Fact]
    public async Task An_event_of_another_room_is_as_missing_as_one_that_never_was()
    {
        var room = NewRoom();
        var other = NewRoom();
        var id = other.Message(Alice, "elsewhere");
        await server.Tell(room);
        await server.Tell(other);

        Assert.Equal("elsewhere", (await server.Get(Alice, $"rooms/{other.RoomId}/event/{id}")).Ok()["content"].GetProperty("body").GetString());
        Assert.Equal(other.RoomId, (await server.Get(Alice, $"rooms/{other.RoomId}/event/{id}")).Text("room_id"));
        var wrong = (await server.Get(Alice, $"rooms/{room.RoomId}/event/{id}")).Refused(404, "M_NOT_FOUND");
        var missing = (await server.Get(Alice, $"rooms/{room.RoomId}/event/$never")).Refused(404, "M_NOT_FOUND");
        var hidden = (await server.Get(Carol, $"rooms/{other.RoomId}/event/{id}")).Refused(404, "M_NOT_FOUND");
        Assert.Equal(missing.Json.ToString(), wrong.Json.ToString());
        Assert.Equal(missing.Json.ToString(), hidden.Json.ToString());
        (await server.Get(Alice, $"rooms/{room.RoomId}/context/{id}")).Refused(404, "M_NOT_FOUND");
    }

    [Fact]
    public async Task An_invited_user_sees_the_invite_and_not_what_was_said()
    {
        var room = NewRoom("joined");
        var said = room.Message(Alice, "between us");
        var invite = room.Invite(Alice, Bob);
        await server.Tell(room);

        (await server.Get(Bob, $"rooms/{room.RoomId}/event/{invite}")).Ok();
        (await server.Get(Bob, $"rooms/{room.RoomId}/event/{said}")).Refused(404, "M_NOT_FOUND");
        Assert.Empty((await server.Get(Bob, $"rooms/{room.RoomId}/context/{invite}")).Ok()["state"].EnumerateArray());
        (await server.Get(Bob, $"rooms/{room.RoomId}/state")).Refused(403, "M_FORBIDDEN");
        (await server.Get(Bob, $"rooms/{room.RoomId}/members")).Refused(403, "M_FORBIDDEN");
    }

    [Fact]
    public async Task State_is_todays_for_members_and_that_of_leaving_for_who_left()
    {
        var room = NewRoom();
        room.Join(Bob);
        room.State(Alice, "m.room.name", "", new { name = "old" });
        room.Leave(Bob);
        room.State(Alice, "m.room.name", "", new { name = "new" });
        room.State(Alice, "m.room.topic", "", new { topic = "new" });
        await server.Tell(room);

        Assert.Equal("new", (await server.Get(Alice, $"rooms/{room.RoomId}/state/m.room.name/")).Ok().Text("name"));
        Assert.Equal("old", (await server.Get(Bob, $"rooms/{room.RoomId}/state/m.room.name")).Ok().Text("name"));
        (await server.Get(Bob, $"rooms/{room.RoomId}/state/m.room.topic/")).Refused(404, "M_NOT_FOUND");
        var left = (await server.Get(Bob, $"rooms/{room.RoomId}/state")).Ok().Json.EnumerateArray().ToList();
        Assert.Equal("leave", left.Single(e => e.GetProperty("state_key").GetString() == Bob).GetProperty("content").GetProperty("membership").GetString());
        Assert.DoesNotContain(left, e => e.GetProperty("type").GetString() == "m.room.topic");
        Assert.Equal(7, (await server.Get(Alice, $"rooms/{room.RoomId}/state")).Json.GetArrayLength());
        var whole = (await server.Get(Alice, $"rooms/{room.RoomId}/state/m.room.member/{Bob}?format=event")).Ok();
        Assert.Equal(Bob, whole.Text("sender"));
        Assert.Equal(room.RoomId, whole.Text("room_id"));
        (await server.Get(Carol, $"rooms/{room.RoomId}/state")).Refused(403, "M_FORBIDDEN");
        (await server.Get(Alice, $"rooms/{room.RoomId}/state/m.room.name?format=pdf")).Refused(400, "M_INVALID_PARAM");
    }

    [Fact]
    public async Task Who_only_ever_was_banned_may_read_nothing()
    {
        var room = NewRoom();
        room.Member(Alice, Bob, "ban");
        await server.Tell(room);
        (await server.Get(Bob, $"rooms/{room.RoomId}/state")).Refused(403, "M_FORBIDDEN");
        (await server.Get(Bob, $"rooms/{room.RoomId}/messages?dir=b")).Refused(403, "M_FORBIDDEN");
    }

    [Fact]
    public async Task A_world_readable_room_shows_its_state_to_strangers()
    {
        var room = NewRoom("world_readable");
        await server.Tell(room);
        Assert.Equal(4, (await server.Get(Carol, $"rooms/{room.RoomId}/state")).Ok().Json.GetArrayLength());
        (await server.Get(Carol, $"rooms/{room.RoomId}/joined_members")).Refused(403, "M_FORBIDDEN");
    }

    [Fact]
    public async Task Members_are_listed_by_membership_and_as_they_were()
    {
        var room = NewRoom();
        room.Join(Bob, "Bob");
        await server.Tell(room);
        var earlier = (await server.Get(Alice, "sync")).Text("next_batch");
        room.Leave(Bob);
        room.Invite(Alice, Carol);
        await server.Tell(room);

        async Task<List<string>> Members(string query) =>
            [.. (await server.Get(Alice, $"rooms/{room.RoomId}/members?{query}")).Ok()["chunk"].EnumerateArray().Select(e => e.GetProperty("state_key").GetString()!).Order()];
        Assert.Equal([Alice, Bob, Carol], await Members(""));
        Assert.Equal([Alice, Bob], await Members($"at={earlier}"));
        Assert.Equal([Alice], await Members("membership=join"));
        Assert.Equal([Alice, Carol], await Members("not_membership=leave"));
        Assert.Equal([Alice, Bob], await Members("membership=leave&not_membership=invite"));
        Assert.Equal([Alice, Bob], await Members($"membership=join&at={earlier}"));
        (await server.Get(Alice, $"rooms/{room.RoomId}/members?membership=owner")).Refused(400, "M_INVALID_PARAM");

        var joined = (await server.Get(Alice, $"rooms/{room.RoomId}/joined_members")).Ok()["joined"];
        Assert.Equal(Alice, Assert.Single(joined.EnumerateObject()).Name);
        (await server.Get(Bob, $"rooms/{room.RoomId}/joined_members")).Refused(403, "M_FORBIDDEN");
    }

    [Fact]
    public async Task The_event_of_a_time_is_the_closest_one_that_the_viewer_may_see()
    {
        var room = NewRoom();
        room.Join(Bob);
        var seen = room.Message(Alice, "seen");
        var leave = room.Leave(Bob);
        var unseen = room.Message(Alice, "unseen");
        await server.Tell(room);
        var path = $"/_matrix/client/v1/rooms/{room.RoomId}/timestamp_to_event";
        var first = 1_700_000_000_000 + room.Entries.FindIndex(e => e.Entry.EventId!.Value.Value == seen);

        Assert.Equal(seen, (await server.Get(Bob, $"{path}?dir=f&ts={first}")).Ok().Text("event_id"));
        Assert.Equal(leave, (await server.Get(Bob, $"{path}?dir=b&ts={first + 1000}")).Ok().Text("event_id"));
        Assert.Equal(unseen, (await server.Get(Alice, $"{path}?dir=b&ts={first + 1000}")).Ok().Text("event_id"));
        (await server.Get(Bob, $"{path}?dir=f&ts={first + 2}")).Refused(404, "M_NOT_FOUND");
        (await server.Get(Carol, $"{path}?dir=f&ts={first}")).Refused(403, "M_FORBIDDEN");
        (await server.Get(Alice, $"{path}?dir=f")).Refused(400, "M_MISSING_PARAM");
    }

    [Fact]
    public async Task What_was_acknowledged_is_read_even_if_the_copy_is_still_behind()
    {
        var room = NewRoom();
        await server.Tell(room);
        room.State(Alice, "m.room.topic", "", new { topic = "just now" });
        server.Commit(room);

        var reading = server.Get(Alice, $"rooms/{room.RoomId}/state/m.room.topic");
        await server.Deliver();

        Assert.Equal("just now", (await reading).Ok().Text("topic"));
    }

    [Fact]
    public async Task A_copy_that_stays_behind_delays_a_reader_and_does_not_stop_it()
    {
        await using var own = new TimelineServer();
        await own.InitializeAsync();
        var room = NewRoom();
        await own.Tell(room);
        room.State(Alice, "m.room.topic", "", new { topic = "on its way" });
        own.Commit(room);

        (await own.Get(Alice, $"rooms/{room.RoomId}/state/m.room.topic")).Refused(404, "M_NOT_FOUND");
        Assert.Equal(room.RoomId, Assert.Single((await own.Get(Alice, "joined_rooms")).Ok()["joined_rooms"].EnumerateArray()).GetString());
    }
}
