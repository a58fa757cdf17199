using System.Text.Json;
using Matrix.Bus.Clients;
using Matrix.Bus.Messages.Edus;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.Components.Tests.Edus;

public sealed class ReceiptTests(EduServerHost server) : IClassFixture<EduServerHost>
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    async Task<(Person Alice, Person Bob, string Room)> TwoInARoom()
    {
        var (alice, bob) = (await server.Somebody("alice"), await server.Somebody("bob"));
        var room = await alice.Account.CreateRoom("receipts", Cancel);
        await bob.Account.Join(room, Cancel);
        return (alice, bob, room);
    }

    static Task Read(Person who, string room, string eventId, string type = "m.read", string? body = "{}") =>
        who.Ask(HttpMethod.Post, $"rooms/{Uri.EscapeDataString(room)}/receipt/{type}/{Uri.EscapeDataString(eventId)}", body, Cancel);

    static Task Mark(Person who, string room, string body) =>
        who.Ask(HttpMethod.Post, $"rooms/{Uri.EscapeDataString(room)}/read_markers", body, Cancel);

    /// <summary>The receipts of an answer, sorted: type, user, event, thread.</summary>
    static List<string> Receipts(JsonElement answer, string room) =>
    [
        .. from content in Person.Ephemeral(answer, room, "m.receipt")
           from ofEvent in content.EnumerateObject()
           from ofType in ofEvent.Value.EnumerateObject()
           from ofUser in ofType.Value.EnumerateObject()
           let thread = ofUser.Value.TryGetProperty("thread_id", out var id) ? id.GetString() : "-"
           orderby ofType.Name, ofUser.Name, ofEvent.Name, thread
           select $"{ofType.Name} {ofUser.Name} {ofEvent.Name} {thread}",
    ];

    /// <summary>Syncs until the answers since have shown a receipt; all that they have shown.</summary>
    static async Task<List<string>> SeesReceipt(Person who, string room, string receipt)
    {
        var seen = new List<string>();
        return await who.SyncUntil(
            answer =>
            {
                seen.AddRange(Receipts(answer, room));
                return seen.Contains(receipt) ? seen : null;
            },
            cancel: Cancel);
    }

    static async Task Refused(Task asked, int status, string code)
    {
        var refusal = await Assert.ThrowsAsync<MatrixRefusal>(() => asked);
        Assert.Equal((status, code), (refusal.Status, refusal.Code));
    }

    [Fact]
    public async Task A_receipt_is_seen_by_others_and_by_an_initial_sync()
    {
        var (alice, bob, room) = await TwoInARoom();
        var said = await alice.Say(room, "hello", cancel: Cancel);
        await Read(bob, room, said, body: null);
        var receipt = $"m.read {bob.UserId} {said} -";
        await SeesReceipt(alice, room, receipt);
        alice.Since = null;
        Assert.Equal([receipt], Receipts(await alice.Sync(cancel: Cancel), room));
        Assert.False((await alice.Sync(cancel: Cancel)).TryGetProperty("rooms", out _));
    }

    [Fact]
    public async Task A_receipt_that_moves_backwards_is_not_announced()
    {
        var (alice, bob, room) = await TwoInARoom();
        var first = await alice.Say(room, "first", cancel: Cancel);
        var second = await alice.Say(room, "second", cancel: Cancel);
        var third = await alice.Say(room, "third", cancel: Cancel);
        await Read(bob, room, second);
        await Read(bob, room, first);
        await Read(bob, room, second);
        await Read(bob, room, third);
        var seen = await SeesReceipt(alice, room, $"m.read {bob.UserId} {third} -");
        Assert.DoesNotContain(seen, receipt => receipt.Contains(first, StringComparison.Ordinal));
        var stored = (await server.Calls.Ask(new QueryRoomReceipts { RoomId = RoomId.Parse(room) }, Cancel)).Receipts;
        Assert.Equal(third, Assert.Single(stored).EventId.Value);
    }

    [Fact]
    public async Task Receipts_that_come_at_once_end_at_the_last_event()
    {
        var (alice, bob, room) = await TwoInARoom();
        var readers = new List<Person> { alice, bob };
        for (var i = 0; i < 4; i++)
        {
            readers.Add(await server.Somebody("reader"));
            await readers[^1].Account.Join(room, Cancel);
        }
        var events = new List<string>();
        for (var i = 0; i < 12; i++)
            events.Add(await alice.Say(room, $"{i}", cancel: Cancel));
        await Task.WhenAll(readers.SelectMany(reader => events.Select(said => Read(reader, room, said))));
        var stored = (await server.Calls.Ask(new QueryRoomReceipts { RoomId = RoomId.Parse(room) }, Cancel)).Receipts;
        Assert.Equal(readers.Count, stored.Count);
        Assert.All(stored, receipt => Assert.Equal(events[^1], receipt.EventId.Value));
    }

    [Fact]
    public async Task A_private_receipt_is_seen_by_its_user_alone()
    {
        var (alice, bob, room) = await TwoInARoom();
        var said = await alice.Say(room, "hello", cancel: Cancel);
        var next = await alice.Say(room, "more", cancel: Cancel);
        await Read(bob, room, next, "m.read.private");
        await Read(bob, room, said);
        Assert.Equal([$"m.read {bob.UserId} {said} -"], await SeesReceipt(alice, room, $"m.read {bob.UserId} {said} -"));
        await SeesReceipt(bob, room, $"m.read.private {bob.UserId} {next} -");
        bob.Since = alice.Since = null;
        Assert.Equal([$"m.read {bob.UserId} {said} -", $"m.read.private {bob.UserId} {next} -"], Receipts(await bob.Sync(cancel: Cancel), room));
        Assert.Equal([$"m.read {bob.UserId} {said} -"], Receipts(await alice.Sync(cancel: Cancel), room));
        var stored = await server.Calls.Ask(new QueryRoomReceipts { RoomId = RoomId.Parse(room), Viewer = UserId.Parse(alice.UserId) }, Cancel);
        Assert.Equal(ReceiptKind.Read, Assert.Single(stored.Receipts).Kind);
    }

    [Fact]
    public async Task Each_thread_has_its_own_receipt_and_none_is_lost_where_they_meet()
    {
        var (alice, bob, room) = await TwoInARoom();
        var root = await alice.Say(room, "root", cancel: Cancel);
        var reply = await alice.Say(room, "reply", Relates("m.thread", root), Cancel);
        await Read(bob, room, reply, body: $$"""{"thread_id":"{{root}}"}""");
        await Read(bob, room, root, body: """{"thread_id":"main"}""");
        await Read(bob, room, root);
        await SeesReceipt(alice, room, $"m.read {bob.UserId} {root} -");
        alice.Since = null;
        var answer = await alice.Sync(cancel: Cancel);
        Assert.Equal(
            new[] { $"m.read {bob.UserId} {root} -", $"m.read {bob.UserId} {root} main", $"m.read {bob.UserId} {reply} {root}" }.Order(StringComparer.Ordinal),
            Receipts(answer, room).Order(StringComparer.Ordinal));
    }

    static string Relates(string type, string eventId) => $$"""{"rel_type":"{{type}}","event_id":"{{eventId}}"}""";

    [Fact]
    public async Task An_event_outside_the_thread_named_is_refused()
    {
        var (alice, bob, room) = await TwoInARoom();
        var root = await alice.Say(room, "root", cancel: Cancel);
        var reply = await alice.Say(room, "reply", Relates("m.thread", root), Cancel);
        var reaction = await alice.Say(room, "about the reply", Relates("m.reference", reply), Cancel);
        var other = await alice.Say(room, "elsewhere", cancel: Cancel);
        await Read(bob, room, reaction, body: $$"""{"thread_id":"{{root}}"}""");
        await Read(bob, room, root, body: $$"""{"thread_id":"{{root}}"}""");
        await Refused(Read(bob, room, other, body: $$"""{"thread_id":"{{root}}"}"""), 400, "M_INVALID_PARAM");
        await Refused(Read(bob, room, reply, body: """{"thread_id":"main"}"""), 400, "M_INVALID_PARAM");
        await Refused(Read(bob, room, reaction, body: """{"thread_id":"main"}"""), 400, "M_INVALID_PARAM");
    }

    [Theory]
    [InlineData("m.read", """{"thread_id":""}""")]
    [InlineData("m.read", """{"thread_id":7}""")]
    [InlineData("m.read", """{"thread_id":null}""")]
    [InlineData("m.read", """{"thread_id":"anything"}""")]
    [InlineData("m.fully_read", """{"thread_id":"main"}""")]
    [InlineData("m.seen", "{}")]
    public async Task A_receipt_that_is_none_is_refused(string type, string body)
    {
        var (alice, _, room) = await TwoInARoom();
        var said = await alice.Say(room, "hello", cancel: Cancel);
        await Refused(Read(alice, room, said, type, body), 400, "M_INVALID_PARAM");
    }

    [Fact]
    public async Task Strangers_and_unknown_events_are_refused()
    {
        var (alice, _, room) = await TwoInARoom();
        var stranger = await server.Somebody("stranger");
        var elsewhere = await alice.Say(await alice.Account.CreateRoom("elsewhere", Cancel), "hello", cancel: Cancel);
        var said = await alice.Say(room, "hello", cancel: Cancel);
        await Refused(Read(stranger, room, said), 403, "M_FORBIDDEN");
        await Refused(Read(alice, room, "$unknown"), 404, "M_NOT_FOUND");
        await Refused(Read(alice, room, elsewhere), 404, "M_NOT_FOUND");
        await Refused(Read(alice, room, "event"), 400, "M_INVALID_PARAM");
        await Refused(Mark(alice, room, """{"m.read":7}"""), 400, "M_INVALID_PARAM");
        await Refused(Mark(alice, room, $$"""{"m.read":"{{said}}","m.fully_read":"$unknown"}"""), 404, "M_NOT_FOUND");
        Assert.Empty((await server.Calls.Ask(new QueryRoomReceipts { RoomId = RoomId.Parse(room) }, Cancel)).Receipts);
    }

    [Fact]
    public async Task Read_markers_move_together_and_the_fully_read_one_is_account_data()
    {
        var (alice, bob, room) = await TwoInARoom();
        var first = await alice.Say(room, "first", cancel: Cancel);
        var second = await alice.Say(room, "second", cancel: Cancel);
        var third = await alice.Say(room, "third", cancel: Cancel);
        await Mark(bob, room, $$"""{"m.fully_read":"{{second}}","m.read":"{{third}}","m.read.private":"{{second}}"}""");
        var data = await bob.SyncUntil(answer => Person.RoomData(answer, room, "m.fully_read") is [var content] ? content.GetRawText() : null, cancel: Cancel);
        Assert.Contains(second, data, StringComparison.Ordinal);

        // Backwards nothing moves; forwards by the other endpoint it does.
        await Mark(bob, room, $$"""{"m.fully_read":"{{first}}"}""");
        var path = $"user/{Uri.EscapeDataString(bob.UserId)}/rooms/{Uri.EscapeDataString(room)}/account_data/m.fully_read";
        Assert.Equal(second, (await bob.Ask(HttpMethod.Get, path, null, Cancel)).GetProperty("event_id").GetString());
        await Read(bob, room, third, "m.fully_read");
        Assert.Equal(third, (await bob.Ask(HttpMethod.Get, path, null, Cancel)).GetProperty("event_id").GetString());

        bob.Since = alice.Since = null;
        Assert.Equal([$"m.read {bob.UserId} {third} -", $"m.read.private {bob.UserId} {second} -"], Receipts(await bob.Sync(cancel: Cancel), room));
        var others = await alice.Sync(cancel: Cancel);
        Assert.Equal([$"m.read {bob.UserId} {third} -"], Receipts(others, room));
        Assert.Empty(Person.RoomData(others, room, "m.fully_read"));
        await Mark(bob, room, "{}");
    }
}
