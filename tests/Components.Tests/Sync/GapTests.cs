namespace Matrix.Bus.Components.Tests.Sync;

public sealed class GapTests
{
    const string Alice = "@alice:here", Bob = "@bob:here";
    const string Limit2 = """{"room":{"timeline":{"limit":2}}}""";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_gap_is_limited_and_its_state_is_sent_but_not_what_the_timeline_shows(bool fresh)
    {
        var database = await SyncHost.NewDatabase();
        await using var live = await SyncHost.Start(database);
        var room = new RoomLog().Created();
        await live.Take(room);
        var since = (await live.Sync(Alice)).Next;
        room.State(Alice, "m.room.topic", "", new { topic = "in the gap" });
        var name = room.State(Alice, "m.room.name", "", new { name = "first" });
        room.Message(Alice, "one");
        room.State(Alice, "m.room.name", "", new { name = "second" });
        room.Message(Alice, "two");
        await live.Take(room);
        // A host that has just started answers from the database, the other one from memory.
        await using var other = await SyncHost.Start(database);
        var host = fresh ? other : live;

        var answer = await host.Sync(Alice, since, Limit2);

        Assert.True(answer.Limited(room.RoomId));
        Assert.Equal(2, answer.Timeline(room.RoomId).Count);
        Assert.Equal(["m.room.name|", "m.room.topic|"], answer.StateTypes(room.RoomId).Order());
        Assert.Contains(answer.State(room.RoomId), state => state.GetProperty("event_id").GetString() == name);

        var after = await host.Sync(Alice, since, Limit2, stateAfter: true);
        Assert.Null(after.Joined(room.RoomId).TryGetProperty("state", out _) ? "state" : null);
        var state = after.State(room.RoomId, name: "state_after");
        Assert.Equal("second", state.Single(e => e.GetProperty("type").GetString() == "m.room.name").GetProperty("content").GetProperty("name").GetString());
        Assert.Equal(2, state.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task State_that_changed_beside_the_timeline_is_sent(bool fresh)
    {
        var database = await SyncHost.NewDatabase();
        await using var live = await SyncHost.Start(database);
        var room = new RoomLog().Created();
        await live.Take(room);
        var since = (await live.Sync(Alice)).Next;
        room.StateBeside(Alice, "m.room.topic", "", new { topic = "resolved" }, "hello");
        await live.Take(room);
        await using var other = await SyncHost.Start(database);

        var answer = await (fresh ? other : live).Sync(Alice, since);

        Assert.Equal(["hello"], answer.Bodies(room.RoomId));
        Assert.Equal(["m.room.topic|"], answer.StateTypes(room.RoomId));
    }

    [Fact]
    public async Task Full_state_gives_all_of_it_and_does_not_wait()
    {
        await using var host = await SyncHost.Start(await SyncHost.NewDatabase());
        var room = new RoomLog().Created();
        await host.Take(room);
        var since = (await host.Sync(Alice)).Next;

        var answer = await host.Sync(Alice, since, fullState: true).WaitAsync(TimeSpan.FromSeconds(10));

        Assert.Equal(4, answer.State(room.RoomId).Count);
        Assert.Empty(answer.Timeline(room.RoomId));
    }

    [Fact]
    public async Task A_token_of_the_future_neither_hangs_nor_moves_ahead_of_the_stream()
    {
        await using var host = await SyncHost.Start(await SyncHost.NewDatabase());
        var room = new RoomLog().Created();
        await host.Take(room);

        var answer = await host.Sync(Alice, "s1000000", timeout: 60_000).WaitAsync(TimeSpan.FromSeconds(10));
        room.Message(Alice, "seen");
        await host.Take(room);

        Assert.True(answer.Position < 1000);
        Assert.Equal(["seen"], (await host.Sync(Alice, answer.Next)).Bodies(room.RoomId));
    }

    [Fact]
    public async Task The_timeline_filter_looks_further_back_for_what_it_wants()
    {
        await using var host = await SyncHost.Start(await SyncHost.NewDatabase());
        var room = new RoomLog().Created();
        room.Join(Bob);
        room.Message(Bob, "wanted");
        for (var i = 0; i < 30; i++)
            room.Message(Alice, $"noise {i}");
        await host.Take(room);

        var bySender = await host.Sync(Alice, filter: """{"room":{"timeline":{"senders":["@bob:here"],"types":["m.room.mess*"]}}}""");
        Assert.Equal(["wanted"], bySender.Bodies(room.RoomId));
        Assert.False(bySender.Limited(room.RoomId));

        var notNoise = await host.Sync(Alice, filter: """{"room":{"timeline":{"not_senders":["@alice:here"],"not_types":["*member"]}}}""");
        Assert.Equal(["wanted"], notNoise.Bodies(room.RoomId));

        var noRoom = await host.Sync(Alice, filter: """{"room":{"not_rooms":["!room:here"]}}""");
        Assert.Null(noRoom.Room(room.RoomId));

        var fields = await host.Sync(Alice, filter: """{"event_fields":["content.body"],"room":{"timeline":{"limit":1}}}""");
        var only = Assert.Single(fields.Timeline(room.RoomId));
        Assert.Equal("noise 29", only.GetProperty("content").GetProperty("body").GetString());
        Assert.False(only.GetProperty("content").TryGetProperty("msgtype", out _));
        Assert.False(only.TryGetProperty("unsigned", out _));
    }

    [Theory]
    [InlineData("m.room.*", "m.room.message", true)]
    [InlineData("*", "", true)]
    [InlineData("m.*.message", "m.room.message", true)]
    [InlineData("m.*.message", "m.room.messages", false)]
    [InlineData("m.room", "m.room.message", false)]
    [InlineData("*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false)]
    public void Globs(string pattern, string text, bool matches) => Assert.Equal(matches, Matrix.Bus.Sync.Domain.EventFilter.Glob(pattern, text));

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("""{"room":7}""")]
    [InlineData("""{"room":{"timeline":{"limit":-1}}}""")]
    [InlineData("""{"room":{"timeline":{"types":"m.room.message"}}}""")]
    [InlineData("""{"room":{"state":{"lazy_load_members":"yes"}}}""")]
    public void A_malformed_filter_is_refused(string filter) =>
        Assert.Equal(400, Assert.Throws<Messages.RefusedException>(() => Matrix.Bus.Sync.Domain.SyncFilter.Read(System.Text.Encoding.UTF8.GetBytes(filter))).Refusal.Status);
}
