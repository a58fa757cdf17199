using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.RoomServer.Tests;

public sealed class ForkTests
{
    static readonly SigningKey Key = SigningKey.Generate("a_test");
    static readonly UserId Alice = A.User("alice");
    static readonly UserId Bob = UserId.Parse("@bob:remote.example");

    [Theory]
    [InlineData("6", 1)]
    [InlineData("10", 2)]
    [InlineData("12", 3)]
    [InlineData("12", 4)]
    public async Task The_same_graph_in_two_orders_makes_the_same_state(string version, int seed)
    {
        var random = new Random(seed);
        await using var one = await RoomTestServer.Start();
        var (create, events) = await Room(one, version);
        for (var i = 0; i < 25; i++)
        {
            var parents = events.Skip(4).TakeLast(6).OrderBy(_ => random.Next()).Take(random.Next(1, 3)).ToList();
            var pdu = await Follow(one, random.Next(2) == 0 ? Alice : Bob, random.Next(4) switch
            {
                0 => (EventTypes.Topic, "", $$"""{"topic":"{{i}}"}"""),
                1 => (EventTypes.Name, "", $$"""{"name":"{{i}}"}"""),
                2 => ("m.test", $"key{random.Next(3)}", $$"""{"value":{{i}}}"""),
                _ => (EventTypes.Message, null, $$"""{"body":"{{i}}"}"""),
            }, parents, i);
            Assert.Equal(EventVerdict.Accepted, await Input(one, pdu));
            events.Add(pdu);
        }

        await using var two = await RoomTestServer.Start();
        await Found(two, create);
        foreach (var pdu in Shuffle(events.Skip(1), random))
            Assert.Equal(EventVerdict.Accepted, await Input(two, pdu));

        Assert.Equal(await State(one, create.RoomId), await State(two, create.RoomId));
        Assert.Equal(await Latest(one, create.RoomId), await Latest(two, create.RoomId));
        foreach (var pdu in events)
            Assert.Equal(await State(one, create.RoomId, pdu.EventId), await State(two, create.RoomId, pdu.EventId));
        // What the log told is what the state is.
        Assert.Equal(await State(one, create.RoomId), Told(await one.Consumer.Room(create.RoomId, events.Count)));
        Assert.Equal(await State(two, create.RoomId), Told(await two.Consumer.Room(create.RoomId, events.Count)));
        // And the next event brings the branches together.
        var merged = await two.Send(create.RoomId, A.Message(Alice));
        Assert.Equal([merged], await Latest(two, create.RoomId));
    }

    [Fact]
    public async Task What_the_current_state_forbids_is_soft_failed_and_what_its_own_forbids_is_rejected()
    {
        await using var server = await RoomTestServer.Start();
        var (create, events) = await Room(server, "12");
        var before = events[^1];
        var late = await Follow(server, Bob, (EventTypes.Message, null, "{}"), [before], 1);
        var ban = await Follow(server, Alice, (EventTypes.Member, Bob.Value, """{"membership":"ban"}"""), [before], 2);
        Assert.Equal(EventVerdict.Accepted, await Input(server, ban));
        var after = await Follow(server, Bob, (EventTypes.Message, null, "{}"), [ban], 3);

        Assert.Equal(EventVerdict.SoftFailed, await Input(server, late));
        Assert.Equal(EventVerdict.Rejected, await Input(server, after));
        Assert.Equal([ban.EventId], await Latest(server, create.RoomId));
        Assert.NotNull((await server.Ask(new QueryEventCheck { EventId = late.EventId })).Rule);
        Assert.Equal(EventVerdict.Rejected, (await server.Ask(new QueryEventCheck { EventId = after.EventId })).Verdict);
        Assert.Empty((await server.Ask(new QueryEventsById { EventIds = [late.EventId, after.EventId] })).Events);
        Assert.DoesNotContain(await server.Consumer.Room(create.RoomId, events.Count + 1), entry => entry.EventId == late.EventId || entry.EventId == after.EventId);
    }

    [Fact]
    public async Task What_rests_on_unknown_events_is_dropped_and_says_what_is_missing()
    {
        await using var server = await RoomTestServer.Start();
        var (_, events) = await Room(server, "12");
        var parent = await Follow(server, Alice, (EventTypes.Message, null, "{}"), [events[^1]], 1);
        var child = await Follow(server, Alice, (EventTypes.Message, null, "{}"), [events[^1]], 2, named: [parent.EventId]);
        var outcome = (await server.Input(child.RoomId, A.Input(child))).Events[0];
        Assert.Equal((EventVerdict.Dropped, parent.EventId), (outcome.Verdict, outcome.Missing!.Single()));
        Assert.Equal(EventVerdict.Accepted, await Input(server, parent));
        Assert.Equal(EventVerdict.Accepted, await Input(server, child));
        Assert.True((await server.Input(child.RoomId, A.Input(child))).Events[0].Repeat);
    }

    [Fact]
    public async Task An_outlier_finds_its_place_later_and_garbage_is_dropped_alone()
    {
        await using var server = await RoomTestServer.Start();
        var (create, events) = await Room(server, "12");
        var topic = await Follow(server, Alice, (EventTypes.Topic, "", """{"topic":"x"}"""), [events[^1]], 1);
        Assert.Equal(EventVerdict.Accepted, await Input(server, topic, InputKind.Outlier));
        Assert.DoesNotContain(topic.EventId.Value, await State(server, create.RoomId));

        var garbage = new InputEvent { Kind = InputKind.New, Pdu = A.Json("{\"type\":1}") };
        var outcome = await server.Input(create.RoomId, garbage, A.Input(topic));
        Assert.Equal([EventVerdict.Dropped, EventVerdict.Accepted], outcome.Events.Select(each => each.Verdict));
        Assert.Contains(topic.EventId.Value, await State(server, create.RoomId));
    }

    /// <summary>A room in PDUs: Alice made it, Bob of another server is in it and has power.</summary>
    static async Task<(Pdu Create, List<Pdu> Events)> Room(RoomTestServer server, string version)
    {
        var create = PduReader.Read((await A.Creation(server, Alice, version)).Events[0].Pdu!.Value.Utf8, RoomVersion.Find(version)!).OrThrow();
        await Found(server, create);
        var events = new List<Pdu> { create };
        var users = version == "12" ? $$"""{"{{Bob}}":100}""" : $$"""{"{{Alice}}":100,"{{Bob}}":100}""";
        (UserId, (string, string?, string))[] first =
        [
            (Alice, (EventTypes.Member, Alice.Value, """{"membership":"join"}""")),
            (Alice, (EventTypes.PowerLevels, "", $$"""{"users":{{users}}}""")),
            (Alice, (EventTypes.JoinRules, "", """{"join_rule":"public"}""")),
            (Bob, (EventTypes.Member, Bob.Value, """{"membership":"join"}""")),
        ];
        foreach (var (sender, what) in first)
        {
            var pdu = await Follow(server, sender, what, [events[^1]], 0);
            Assert.Equal(EventVerdict.Accepted, await Input(server, pdu));
            events.Add(pdu);
        }
        return (create, events);
    }

    static Task Found(RoomTestServer server, Pdu create) =>
        server.Ask(new InputRoomEvents { RoomId = create.RoomId, CreatesRoomOfVersion = create.Version.Id, Events = [A.Input(create)] });

    static async Task<EventVerdict> Input(RoomTestServer server, Pdu pdu, InputKind kind = InputKind.New) =>
        (await server.Input(pdu.RoomId, A.Input(pdu, kind))).Events[0].Verdict;

    static async Task<Pdu> Follow(
        RoomTestServer server, UserId sender, (string Type, string? StateKey, string Content) what, IReadOnlyList<Pdu> parents, int time, IReadOnlyList<EventId>? named = null)
    {
        var version = parents[0].Version;
        var content = A.Json(what.Content);
        var slots = AuthEventTypes.For(version, what.Type, what.StateKey, sender, content.Parse());
        var auth = await server.Ask(new QueryStateAtEvent { RoomId = parents[0].RoomId, EventId = parents[0].EventId, Slots = slots });
        return PduBuilder.Build(
            new EventTemplate
            {
                Version = version,
                RoomId = parents[0].RoomId,
                Sender = sender,
                Type = what.Type,
                StateKey = what.StateKey,
                Content = content,
                OriginServerTs = 1_700_000_000_000 + time,
                Depth = parents.Max(parent => parent.Depth) + 1,
                PrevEvents = named ?? [.. parents.Select(parent => parent.EventId)],
                AuthEvents = [.. auth.Events.Select(each => each.EventId)],
            },
            Key,
            sender.Server);
    }

    /// <summary>Another order in which no event comes before one it rests on.</summary>
    static IEnumerable<Pdu> Shuffle(IEnumerable<Pdu> events, Random random)
    {
        var waiting = events.ToList();
        while (waiting.Count > 0)
        {
            var ids = waiting.Select(each => each.EventId).ToHashSet();
            var ready = waiting.Where(each => !each.PrevEvents.Concat(each.AuthEvents).Any(ids.Contains)).ToList();
            var next = ready[random.Next(ready.Count)];
            waiting.Remove(next);
            yield return next;
        }
    }

    static async Task<IReadOnlyList<string>> State(RoomTestServer server, RoomId room, EventId? at = null)
    {
        var state = at is { } id ? await server.Ask(new QueryStateAtEvent { RoomId = room, EventId = id }) : await server.Ask(new QueryCurrentState { RoomId = room });
        return [.. state.Events.Select(each => each.EventId.Value).Order(StringComparer.Ordinal)];
    }

    static IReadOnlyList<string> Told(IEnumerable<OutputRoomEvent> log)
    {
        var state = new Dictionary<StateSlot, string>();
        foreach (var change in log.SelectMany(entry => entry.StateChanges))
        {
            state.Remove(new StateSlot(change.Type, change.StateKey));
            if (change.EventId is { } id)
                state[new StateSlot(change.Type, change.StateKey)] = id.Value;
        }
        return [.. state.Values.Order(StringComparer.Ordinal)];
    }

    static async Task<IReadOnlyList<EventId>> Latest(RoomTestServer server, RoomId room) =>
        [.. (await server.Ask(new QueryLatestEvents { RoomId = room })).EventIds.Order()];
}
