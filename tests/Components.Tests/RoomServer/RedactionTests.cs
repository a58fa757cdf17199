using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.RoomServer.Tests;

public sealed class RedactionTests
{
    static readonly UserId Alice = A.User("alice");
    static readonly UserId Bob = A.User("bob");
    static readonly UserId Carol = A.User("carol");

    [Theory]
    [InlineData("10")]
    [InlineData("12")]
    public async Task A_redacted_event_is_stored_and_told_in_its_redacted_form(string version)
    {
        await using var server = await RoomTestServer.Start();
        var room = await server.CreateRoom(Alice, version, joined: Bob);
        var target = await server.Send(room, A.Message(Bob, "secret"));
        var redaction = await server.Send(room, A.Redaction(Bob, target));

        var log = await server.Consumer.Room(room, 8);
        Assert.Equal((OutputKind.NewEvent, redaction), (log[6].Kind, log[6].EventId!.Value));
        Assert.Equal((OutputKind.Redacted, target, redaction), (log[7].Kind, log[7].EventId!.Value, log[7].RedactedBecause!.Value));
        Assert.DoesNotContain("secret", log[7].Event.ToString());
        var stored = (await server.Calls.Ask(new QueryEventsById { EventIds = [target] }, CancellationToken.None)).Events.Single();
        Assert.True(stored.Redacted);
        Assert.DoesNotContain("secret", stored.Event.ToString());

        // Whoever reads the log again does not get the secret either.
        await using var restarted = await RoomTestServer.Start(server);
        var again = await restarted.Consumer.Room(room, 8);
        Assert.DoesNotContain(again, entry => entry.Event.ToString()!.Contains("secret", StringComparison.Ordinal));
        Assert.Equal(redaction, again[7].RedactedBecause);
    }

    [Fact]
    public async Task Only_who_has_the_power_redacts_others()
    {
        await using var server = await RoomTestServer.Start();
        var room = await server.CreateRoom(Alice, joined: [Bob, Carol]);
        var target = await server.Send(room, A.Message(Bob));
        var refused = await Assert.ThrowsAsync<RefusedException>(() => server.Send(room, A.Redaction(Carol, target)));
        Assert.Equal(403, refused.Refusal.Status);
        await server.Send(room, A.Redaction(Alice, target));
        Assert.Equal(1, await server.Count("SELECT count(*) FROM rooms.event_json WHERE redacted"));
    }

    [Fact]
    public async Task Redacting_twice_and_in_one_input_changes_it_once()
    {
        await using var server = await RoomTestServer.Start();
        var room = await server.CreateRoom(Alice);
        var target = await server.Send(room, A.State(Alice, EventTypes.Topic, "", """{"topic":"secret"}"""));
        await server.Input(room, A.Input(A.Redaction(Alice, target)), A.Input(A.Redaction(Alice, target)));
        await server.Send(room, A.Redaction(Alice, target));

        var log = await server.Consumer.Room(room, 9);
        Assert.Equal(1, log.Count(entry => entry.Kind == OutputKind.Redacted));
        // What replaces it later does not bring it back.
        await server.Send(room, A.State(Alice, EventTypes.Topic, "", """{"topic":"new"}"""));
        Assert.Equal("{}", (await server.Consumer.Room(room, 10))[^1].PrevContent.ToString());
    }

    [Fact]
    public async Task A_redaction_does_not_reach_into_another_room()
    {
        await using var server = await RoomTestServer.Start();
        var room = await server.CreateRoom(Alice);
        var other = await server.CreateRoom(Bob, joined: Alice);
        var target = await server.Send(other, A.Message(Bob, "stays"));
        await server.Send(room, A.Redaction(Alice, target));
        Assert.Equal(0, await server.Count("SELECT count(*) FROM rooms.event_json WHERE redacted"));
    }
}
