using System.Text.Json;
using Matrix.Bus.Clients;
using Matrix.Bus.Harness;

namespace Matrix.Bus.SystemTests.Rooms;

public sealed class ReadingTests
{
    const string Sliding = "/_matrix/client/unstable/org.matrix.simplified_msc3575/sync";

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Shape.One)]
    [InlineData(Shape.Split)]
    public async Task What_was_answered_with_200_is_read_at_once(Shape shape)
    {
        var deployment = await Deployment.Shared(shape, Cancel);
        using var home = new Homeserver(deployment.BaseUrl);
        var alice = await Somebody(home, deployment, "alice");
        var bob = await Somebody(home, deployment, "bob");
        var room = await alice.Account.CreateRoom("reading", Cancel);
        var path = $"rooms/{Uri.EscapeDataString(room)}";

        Assert.Contains(room, (await alice.Ask(HttpMethod.Get, "joined_rooms", null, Cancel)).GetProperty("joined_rooms").EnumerateArray().Select(id => id.GetString()));
        await bob.Account.Join(room, Cancel);
        Assert.True((await bob.Ask(HttpMethod.Get, $"{path}/joined_members", null, Cancel)).GetProperty("joined").TryGetProperty(bob.UserId, out _));
        for (var i = 0; i < 20; i++)
        {
            await alice.Ask(HttpMethod.Put, $"{path}/state/m.room.topic/", $$"""{"topic":"{{i}}"}""", Cancel);
            Assert.Equal($"{i}", (await bob.Ask(HttpMethod.Get, $"{path}/state/m.room.topic/", null, Cancel)).GetProperty("topic").GetString());
            var said = await alice.Say(room, $"{i}", cancel: Cancel);
            Assert.Equal(said, (await bob.Ask(HttpMethod.Get, $"{path}/event/{Uri.EscapeDataString(said)}", null, Cancel)).GetProperty("event_id").GetString());
            var newest = await bob.Ask(HttpMethod.Get, $"{path}/messages?dir=b&limit=1", null, Cancel);
            Assert.Equal(said, newest.GetProperty("chunk")[0].GetProperty("event_id").GetString());
        }
    }

    [Theory]
    [InlineData(Shape.One)]
    [InlineData(Shape.Split)]
    public async Task A_sliding_sync_waits_and_is_woken(Shape shape)
    {
        var deployment = await Deployment.Shared(shape, Cancel);
        using var home = new Homeserver(deployment.BaseUrl);
        var alice = await Somebody(home, deployment, "alice");
        var bob = await Somebody(home, deployment, "bob");
        var room = await alice.Account.CreateRoom("sliding", Cancel);
        await bob.Account.Join(room, Cancel);
        Task<JsonElement> Slide(string query) => home.Call(
            HttpMethod.Post, $"{Sliding}?{query}", bob.Account.Token, """{"lists":{"all":{"ranges":[[0,9]],"timeline_limit":5,"required_state":[["m.room.name",""]]}}}""", Cancel);

        var first = await Slide("timeout=0");
        Assert.Equal("sliding", first.GetProperty("rooms").GetProperty(room).GetProperty("name").GetString());
        var pos = first.GetProperty("pos").GetString();
        var waiting = Slide($"timeout=30000&pos={pos}");
        var said = await alice.Say(room, "wake up", cancel: Cancel);
        var second = await waiting;

        var timeline = second.GetProperty("rooms").GetProperty(room).GetProperty("timeline");
        Assert.Equal(said, timeline.EnumerateArray().Last().GetProperty("event_id").GetString());
    }

    static async Task<Person> Somebody(Homeserver home, Deployment deployment, string name) =>
        new(await Account.Register(home, deployment.RegistrationSharedSecret, $"{name}-{Guid.NewGuid():N}", "a good password", Cancel));
}
