using Matrix.Bus.Harness;

namespace Matrix.Bus.SystemTests.Rooms;

public sealed class RoomVersionTests
{
    [Theory]
    [InlineData(Shape.One)]
    [InlineData(Shape.Split)]
    public async Task Every_room_version_is_usable(Shape shape)
    {
        var people = await Actor.Some(shape, 3);
        await Task.WhenAll(Enumerable.Range(1, 12).Select(version => Use($"{version}", people[0], people[1], people[2])));
    }

    static async Task Use(string version, Actor alice, Actor bob, Actor carol)
    {
        var room = await alice.PublicRoom(version, $"version {version}");
        Assert.Equal(version == "12", !room.Contains(':', StringComparison.Ordinal));
        await bob.Do(room, "join");
        var said = await bob.Say(room, "hello");
        var more = await bob.Say(room, "world");
        await alice.Set(room, "m.room.topic", new { topic = "all of it" });
        Assert.Equal("all of it", (await bob.State(room, "m.room.topic")).GetProperty("topic").GetString());
        await bob.Refused(403, "M_FORBIDDEN", HttpMethod.Put, $"rooms/{Actor.Esc(room)}/state/m.room.topic/", new { topic = "mine" });

        // By who said it, and by who has the power.
        await bob.Put($"rooms/{Actor.Esc(room)}/redact/{Actor.Esc(said)}/t1", new { reason = "typo" });
        await alice.Put($"rooms/{Actor.Esc(room)}/redact/{Actor.Esc(more)}/t2");
        foreach (var id in (string[])[said, more])
        {
            var gone = await bob.Event(room, id);
            Assert.Empty(gone.GetProperty("content").EnumerateObject());
            Assert.Equal("m.room.redaction", gone.GetProperty("unsigned").GetProperty("redacted_because").GetProperty("type").GetString());
        }
        var hers = await alice.Say(room, "mine");
        await bob.Refused(403, "M_FORBIDDEN", HttpMethod.Put, $"rooms/{Actor.Esc(room)}/redact/{Actor.Esc(hers)}/t3", "{}");
        Assert.Equal("mine", (await bob.Event(room, hers)).GetProperty("content").GetProperty("body").GetString());

        await alice.Do(room, "ban", carol.Id, "no");
        await carol.MayNot(room, "join");
        await alice.Do(room, "unban", carol.Id);
        await carol.Do(room, "join");
        await bob.Do(room, "leave");
        await bob.Refused(403, "M_FORBIDDEN", HttpMethod.Put, $"rooms/{Actor.Esc(room)}/send/m.room.message/t4", new { body = "still here" });
        Assert.Equal("leave", await alice.MembershipOf(room, bob.Id));
    }

    [Theory]
    [InlineData(Shape.One)]
    [InlineData(Shape.Split)]
    public async Task A_redaction_sent_as_an_event_redacts_too(Shape shape)
    {
        var alice = await Actor.New(shape);
        foreach (var version in (string[])["10", "11", "12"])
        {
            var room = await alice.PublicRoom(version);
            var said = await alice.Say(room, "oops");
            var redaction = await alice.Put($"rooms/{Actor.Esc(room)}/send/m.room.redaction/t", new { redacts = said, reason = "typo" });
            Assert.Empty((await alice.Event(room, said)).GetProperty("content").EnumerateObject());
            var seen = await alice.Event(room, redaction.GetProperty("event_id").GetString()!);
            Assert.Equal(said, (version == "10" ? seen : seen.GetProperty("content")).GetProperty("redacts").GetString());
        }
    }
}
