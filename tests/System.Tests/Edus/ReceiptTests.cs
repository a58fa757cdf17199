using Matrix.Bus.Clients;
using Matrix.Bus.Harness;

namespace Matrix.Bus.SystemTests.Edus;

public sealed class ReceiptTests
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Shape.One)]
    [InlineData(Shape.Split)]
    public async Task Markers_cross_all_components(Shape shape)
    {
        var deployment = await Deployment.Shared(shape, Cancel);
        using var home = new Homeserver(deployment.BaseUrl);
        var alice = await TypingTests.Somebody(home, deployment, "alice");
        var bob = await TypingTests.Somebody(home, deployment, "bob");
        var room = await alice.Account.CreateRoom("receipts", Cancel);
        await bob.Account.Join(room, Cancel);
        var first = await alice.Say(room, "first", cancel: Cancel);
        var second = await alice.Say(room, "second", cancel: Cancel);

        var path = $"rooms/{Uri.EscapeDataString(room)}/read_markers";
        await bob.Ask(HttpMethod.Post, path, $$"""{"m.read":"{{first}}","m.read.private":"{{second}}","m.fully_read":"{{first}}"}""", Cancel);
        string? Shown(System.Text.Json.JsonElement answer) =>
            Person.Ephemeral(answer, room, "m.receipt") is { Count: > 0 } found ? string.Concat(found.Select(content => content.GetRawText())) : null;

        var others = await alice.SyncUntil(Shown, cancel: Cancel);
        Assert.Contains(first, others, StringComparison.Ordinal);
        Assert.DoesNotContain("m.read.private", others, StringComparison.Ordinal);
        var read = await bob.SyncUntil(
            answer => Person.RoomData(answer, room, "m.fully_read") is [var content] ? content.GetProperty("event_id").GetString() : null, cancel: Cancel);
        Assert.Equal(first, read);

        bob.Since = null;
        var own = await bob.SyncUntil(Shown, cancel: Cancel);
        Assert.Contains("m.read.private", own, StringComparison.Ordinal);
        Assert.Contains(second, own, StringComparison.Ordinal);

        // What has been read stays read: backwards nothing moves, and nobody is told.
        await bob.Ask(HttpMethod.Post, path, $$"""{"m.read":"{{second}}"}""", Cancel);
        Assert.Contains(second, await alice.SyncUntil(Shown, cancel: Cancel), StringComparison.Ordinal);
        await bob.Ask(HttpMethod.Post, path, $$"""{"m.read":"{{first}}"}""", Cancel);
        var third = await bob.Say(room, "third", cancel: Cancel);
        await alice.SyncUntil(
            answer =>
            {
                Assert.Null(Shown(answer));
                return answer.GetRawText().Contains(third, StringComparison.Ordinal) ? third : null;
            },
            cancel: Cancel);
    }
}
