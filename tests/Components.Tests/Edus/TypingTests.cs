using Matrix.Bus.Clients;
using Matrix.Bus.Messages.Edus;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.Components.Tests.Edus;

public sealed class TypingTests(EduServerHost server) : IClassFixture<EduServerHost>
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    async Task<(Person Alice, Person Bob, string Room)> TwoInARoom()
    {
        var (alice, bob) = (await server.Somebody("alice"), await server.Somebody("bob"));
        var room = await alice.Account.CreateRoom("typing", Cancel);
        await bob.Account.Join(room, Cancel);
        await alice.SyncUntil(answer => answer.GetProperty("rooms").GetRawText().Contains(bob.UserId, StringComparison.Ordinal) ? "" : null, cancel: Cancel);
        await alice.Sync(cancel: Cancel);
        return (alice, bob, room);
    }

    static Task<string> SeesTyping(Person person, string room) => person.SyncUntil(answer => Person.Typing(answer, room), cancel: Cancel);

    [Fact]
    public async Task A_waiting_sync_is_woken_when_somebody_types_and_when_they_stop()
    {
        var (alice, bob, room) = await TwoInARoom();
        var waiting = alice.Sync(20_000, Cancel);
        await bob.Type(room, cancel: Cancel);
        Assert.Equal(bob.UserId, Person.Typing(await waiting.WaitAsync(TimeSpan.FromSeconds(5), Cancel), room));

        waiting = alice.Sync(20_000, Cancel);
        await bob.Type(room, typing: false, cancel: Cancel);
        Assert.Equal("", Person.Typing(await waiting.WaitAsync(TimeSpan.FromSeconds(5), Cancel), room));
        Assert.False((await alice.Sync(cancel: Cancel)).TryGetProperty("rooms", out _));
    }

    [Fact]
    public async Task Typing_ends_by_itself_when_its_time_is_over()
    {
        var (alice, bob, room) = await TwoInARoom();
        await bob.Type(room, timeout: 400, cancel: Cancel);
        Assert.Equal(bob.UserId, await SeesTyping(alice, room));
        var clock = System.Diagnostics.Stopwatch.StartNew();
        Assert.Equal("", await SeesTyping(alice, room));
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(1.5), $"It took {clock.Elapsed}.");
    }

    [Fact]
    public async Task Who_leaves_types_no_more()
    {
        var (alice, bob, room) = await TwoInARoom();
        await bob.Type(room, cancel: Cancel);
        Assert.Equal(bob.UserId, await SeesTyping(alice, room));
        await bob.Ask(HttpMethod.Post, $"rooms/{Uri.EscapeDataString(room)}/leave", "{}", Cancel);
        Assert.Equal("", await SeesTyping(alice, room));
    }

    [Fact]
    public async Task An_initial_sync_shows_who_types_and_a_token_is_told_only_what_it_does_not_know()
    {
        var (alice, bob, room) = await TwoInARoom();
        var before = alice.Since;
        await bob.Type(room, cancel: Cancel);
        await alice.Type(room, cancel: Cancel);
        await alice.SyncUntil(answer => Person.Typing(answer, room) == $"{alice.UserId},{bob.UserId}" ? "" : null, cancel: Cancel);
        Assert.False((await alice.Sync(cancel: Cancel)).TryGetProperty("rooms", out _));

        // The same again from where nothing was known: an answer that got lost.
        alice.Since = before;
        Assert.Equal($"{alice.UserId},{bob.UserId}", Person.Typing(await alice.Sync(cancel: Cancel), room));
        alice.Since = null;
        Assert.Equal($"{alice.UserId},{bob.UserId}", Person.Typing(await alice.Sync(cancel: Cancel), room));

        // Saying it again changes nothing for others.
        await bob.Type(room, cancel: Cancel);
        Assert.False((await alice.Sync(cancel: Cancel)).TryGetProperty("rooms", out _));
    }

    [Fact]
    public async Task Typing_is_refused_for_others_and_outside_and_without_saying_what()
    {
        var (alice, bob, room) = await TwoInARoom();
        var stranger = await server.Somebody("stranger");
        var path = $"rooms/{Uri.EscapeDataString(room)}/typing";
        async Task Refused(Person who, string user, string body, int status, string code)
        {
            var refusal = await Assert.ThrowsAsync<MatrixRefusal>(() => who.Ask(HttpMethod.Put, $"{path}/{user}", body, Cancel));
            Assert.Equal((status, code), (refusal.Status, refusal.Code));
        }
        await Refused(alice, bob.UserId, """{"typing":true}""", 403, "M_FORBIDDEN");
        await Refused(stranger, stranger.UserId, """{"typing":true}""", 403, "M_FORBIDDEN");
        await Refused(alice, alice.UserId, "{}", 400, "M_MISSING_PARAM");
        await Refused(alice, alice.UserId, """{"typing":true,"timeout":"long"}""", 400, "M_BAD_JSON");
        await Refused(alice, alice.UserId, "typing", 400, "M_NOT_JSON");
    }

    [Fact]
    public async Task A_filter_without_typing_is_not_woken_by_it()
    {
        var (alice, bob, room) = await TwoInARoom();
        await bob.Type(room, cancel: Cancel);
        await SeesTyping(alice, room);
        var filter = Uri.EscapeDataString("""{"room":{"ephemeral":{"not_types":["m.typing"]}}}""");
        var answer = await alice.Ask(HttpMethod.Get, $"sync?filter={filter}&timeout=0", null, Cancel);
        Assert.Null(Person.Typing(answer, room));
    }

    [Fact]
    public async Task The_edu_server_says_who_types()
    {
        var (_, bob, room) = await TwoInARoom();
        await bob.Type(room, cancel: Cancel);
        Assert.Equal(bob.UserId, Assert.Single((await server.Calls.Ask(new QueryTyping { RoomId = RoomId.Parse(room) }, Cancel)).UserIds).Value);
        await bob.Type(room, typing: false, cancel: Cancel);
        Assert.Empty((await server.Calls.Ask(new QueryTyping { RoomId = RoomId.Parse(room) }, Cancel)).UserIds);
    }
}
