using System.Text.Json;
using Matrix.Bus.Clients;

namespace Matrix.Bus.Components.Tests.Edus;

public sealed class SlidingEduTests(EduServerHost server) : IClassFixture<EduServerHost>
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>One look of a sliding sync, with an extension on.</summary>
    static Task<JsonElement> Look(Person who, string? position, string extension, int timeout = 0) => who.Account.Home.Call(
        HttpMethod.Post,
        $"/_matrix/client/unstable/org.matrix.simplified_msc3575/sync?timeout={timeout}{(position is null ? "" : $"&pos={position}")}",
        who.Account.Token,
        $$"""{"lists":{"all":{"ranges":[[0,9]],"timeline_limit":5,"required_state":[]} },"extensions":{"{{extension}}":{"enabled":true} } }""",
        Cancel);

    static JsonElement? Told(JsonElement answer, string extension, string room) =>
        answer.GetProperty("extensions").TryGetProperty(extension, out var told) && told.GetProperty("rooms").TryGetProperty(room, out var content)
            ? content.GetProperty("content")
            : null;

    static string? Position(JsonElement answer) => answer.GetProperty("pos").GetString();

    [Fact]
    public async Task Sliding_sync_is_woken_by_typing_and_tells_it_once()
    {
        var (alice, bob) = (await server.Somebody("alice"), await server.Somebody("bob"));
        var room = await alice.Account.CreateRoom("typing", Cancel);
        await bob.Account.Join(room, Cancel);
        await alice.SyncUntil(answer => answer.GetRawText().Contains(bob.UserId, StringComparison.Ordinal) ? "" : null, cancel: Cancel);
        var position = Position(await Look(alice, null, "typing"));
        position = Position(await Look(alice, position, "typing"));

        var waiting = Look(alice, position, "typing", 20_000);
        await bob.Type(room, cancel: Cancel);
        var answer = await waiting.WaitAsync(TimeSpan.FromSeconds(5), Cancel);
        Assert.Equal([bob.UserId], Told(answer, "typing", room)!.Value.GetProperty("user_ids").EnumerateArray().Select(user => user.GetString()));
        answer = await Look(alice, Position(answer), "typing");
        Assert.Null(Told(answer, "typing", room));
        await bob.Type(room, typing: false, cancel: Cancel);
        answer = await Look(alice, Position(answer), "typing", 5000);
        Assert.Empty(Told(answer, "typing", room)!.Value.GetProperty("user_ids").EnumerateArray());
    }

    [Fact]
    public async Task Sliding_sync_tells_receipts_even_where_two_do_not_fit_into_one_event()
    {
        var (alice, bob) = (await server.Somebody("alice"), await server.Somebody("bob"));
        var room = await alice.Account.CreateRoom("receipts", Cancel);
        await bob.Account.Join(room, Cancel);
        var said = await alice.Say(room, "hello", cancel: Cancel);
        var path = $"rooms/{Uri.EscapeDataString(room)}/receipt/m.read/{Uri.EscapeDataString(said)}";
        await bob.Ask(HttpMethod.Post, path, """{"thread_id":"main"}""", Cancel);
        await bob.Ask(HttpMethod.Post, path, "{}", Cancel);
        var seen = 0;
        await alice.SyncUntil(answer => (seen += Person.Ephemeral(answer, room, "m.receipt").Count) == 2 ? "" : null, cancel: Cancel);
        var receipt = Told(await Look(alice, null, "receipts"), "receipts", room)!.Value.GetProperty(said).GetProperty("m.read").GetProperty(bob.UserId);
        Assert.False(receipt.TryGetProperty("thread_id", out _));
    }
}
