using Matrix.Bus.Harness;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;
using Npgsql;

namespace Matrix.Bus.RoomServer.Tests;

/// <summary>Whatever happens to a commit or its answer, what is acknowledged and announced is what is stored.</summary>
public sealed class LostAnswerTests : IAsyncLifetime
{
    const string Text = "struck by lightning";

    static readonly UserId Alice = A.User("alice");
    static readonly UserId Bob = A.User("bob");

    FaultyLine _line = null!;
    RoomTestServer _server = null!;
    RoomId _room;

    public async ValueTask InitializeAsync()
    {
        _line = new FaultyLine(await (await PrivatePostgres.Shared()).NewDatabase());
        _server = await RoomTestServer.Start(partitions: 1, database: _line.Database);
        _room = await _server.CreateRoom(Alice);
        await _server.Send(_room, A.Message(Alice));
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _line.DisposeAsync();
    }

    [Theory]
    [InlineData(Fault.AnswerLost, 0)]
    [InlineData(Fault.AnswerLost, 1)]
    [InlineData(Fault.AnswerLost, 5)]
    [InlineData(Fault.Farewell, 0)]
    [InlineData(Fault.Farewell, 1)]
    [InlineData(Fault.Farewell, 5)]
    [InlineData(Fault.Lost, 0)]
    [InlineData(Fault.Lost, 1)]
    [InlineData(Fault.Lost, 5)]
    public async Task A_message_is_answered_by_its_stored_event(Fault fault, int cutsThen)
    {
        _line.Strike(Text, fault, cutsThen);
        var id = await _server.Send(_room, A.Message(Alice, Text, "t"));
        await _line.Struck;

        var repeat = await _server.Input(_room, A.Input(A.Message(Alice, Text, "t")));
        Assert.Equal(id, repeat.Events[0].EventId);
        await _server.Send(_room, A.Message(Alice));
        await StoredIsAnnounced(7, id);
    }

    [Theory]
    [InlineData(Fault.AnswerLost, 0)]
    [InlineData(Fault.AnswerLost, 1)]
    [InlineData(Fault.Farewell, 1)]
    public async Task Something_without_a_transaction_id_happens_once(Fault fault, int cutsThen)
    {
        _line.Strike(Text, fault, cutsThen);
        var id = await _server.Send(_room, A.State(Alice, "org.example.log", "", $$"""{"text":"{{Text}}"}"""));
        await _line.Struck;
        await _server.Send(_room, A.Message(Alice));
        await StoredIsAnnounced(7, id);
    }

    [Theory]
    [InlineData(Fault.AnswerLost, 1, 2)]
    [InlineData(Fault.AnswerLost, 1, 40)]
    [InlineData(Fault.Farewell, 2, 40)]
    [InlineData(Fault.Lost, 1, 40)]
    public async Task A_batch_is_answered_by_its_stored_events_whatever_its_size(Fault fault, int cutsThen, int count)
    {
        _line.Strike(Text, fault, cutsThen);
        // Half of them would be nothing new when tried again: a second attempt has another size.
        var sends = Enumerable.Range(0, count)
            .Select(i => _server.Send(_room, i % 2 == 0 ? A.Message(Alice, Text) : A.State(Alice, "org.example.log", $"{i}", """{"n":1}""")))
            .ToList();
        var ids = await Task.WhenAll(sends);
        await _line.Struck;
        await _server.Send(_room, A.Message(Alice));
        await StoredIsAnnounced(6 + count, ids);
    }

    [Theory, InlineData(Fault.AnswerLost), InlineData(Fault.Farewell)]
    public async Task An_input_of_which_a_repeat_is_shorter_leaves_the_partition_in_order(Fault fault)
    {
        _line.Strike(Bob.Value, fault, cutsThen: 1);
        var id = await _server.Send(_room, A.Join(Bob));
        await _line.Struck;
        await _server.Send(_room, A.Message(Bob));
        await StoredIsAnnounced(7, id);
    }

    [Fact]
    public async Task A_commit_that_arrives_when_it_was_given_up_is_fenced_off()
    {
        _line.Strike(Text, Fault.Late);
        var id = await _server.Send(_room, A.State(Alice, "org.example.log", "", $$"""{"text":"{{Text}}"}"""));
        await _line.Struck;
        await _line.Arrive();
        await _server.Send(_room, A.Message(Alice));
        await StoredIsAnnounced(7, id);
    }

    [Theory]
    [InlineData(Fault.AnswerLost)]
    [InlineData(Fault.Farewell)]
    public async Task A_transaction_that_turns_out_to_be_known_is_answered_as_it_was(Fault fault)
    {
        var id = await _server.Send(_room, A.Message(Alice, Text, "t"));
        await using var restarted = await RoomTestServer.Start(_server, partitions: 1);
        // The refusal of a commit says for certain that it was not made; its loss does not.
        _line.Strike(Text, fault, cutsThen: 1);
        Assert.Equal(id, await restarted.Send(_room, A.Message(Alice, Text, "t")));
        await _line.Struck;
        Assert.Equal(6, await restarted.Count("SELECT count(*) FROM rooms.event"));
    }

    /// <summary>So many events are stored, each is announced once, and these are among them.</summary>
    async Task StoredIsAnnounced(int count, params EventId[] answered)
    {
        var stored = new List<string>();
        await using (var command = _server.Db.CreateCommand("SELECT event_id FROM rooms.event JOIN rooms.output USING (event_nid) ORDER BY position"))
        await using (var reader = await command.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
                stored.Add(reader.GetString(0));
        }
        Assert.Equal(count, stored.Count);
        Assert.Empty(answered.Select(id => id.Value).Except(stored));
        Assert.Equal(answered.Length, answered.Distinct().Count());
        var announced = await _server.Consumer.Room(_room, count);
        Assert.Equal(stored, announced.Select(entry => entry.EventId!.Value.Value));
    }
}
