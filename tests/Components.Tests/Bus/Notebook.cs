using System.Collections.Concurrent;
using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Matrix.Bus.Components.Tests.Bus;

/// <summary>A small component of the tests: it writes lines into rooms, in order, and tells of each in a log.</summary>
[AnsweredBy(Notebook.ComponentName, TimeoutSeconds = 20)]
public sealed record WriteLine : IPerform<LineWritten>, IRoomCall
{
    public required RoomId RoomId { get; init; }

    public required string Text { get; init; }
}

public sealed record LineWritten
{
    public required int Partition { get; init; }

    public required long Position { get; init; }

    public required string Host { get; init; }
}

[AnsweredBy(Notebook.ComponentName, TimeoutSeconds = 5)]
public sealed record QueryEcho : IQuery<Echo>
{
    public required string Text { get; init; }
}

public sealed record Echo
{
    public required string Text { get; init; }
}

[Log("test-lines", Notebook.ComponentName)]
public sealed record Line : ILogEntry
{
    public string Key => RoomId.Value;

    public required RoomId RoomId { get; init; }

    public required string Text { get; init; }
}

public sealed record LampLit : IBroadcast
{
    public required string Colour { get; init; }
}

/// <summary>Who runs in this host; the tests' stand-in for a process.</summary>
sealed record HostName(string Value);

sealed class Notebook : IComponent
{
    public const string ComponentName = "Notebook";

    public static string Name => ComponentName;

    public static void Register(ComponentBuilder component) => component
        .Schema("notebook", typeof(Notebook).Assembly)
        .Answers<QueryEcho, Echo, EchoHandler>()
        .AnswersByPartition<WriteLine, LineWritten, LineWriter>()
        .Produces<Line, LineReader>();
}

sealed class Reader : IComponent
{
    public const string ComponentName = "Reader";

    public static string Name => ComponentName;

    public static void Register(ComponentBuilder component) => component
        .Schema("reader", typeof(Reader).Assembly)
        .Consumes<Line, LineCollector>()
        .Hears<LampLit, Lamps>();
}

sealed class EchoHandler : ICallHandler<QueryEcho, Echo>
{
    public async Task<Echo> Handle(QueryEcho call, CancellationToken cancel) => call.Text switch
    {
        "refuse" => throw new RefusedException(new Refusal { Status = 418, Errcode = "M_TEAPOT", Error = "Short and stout.", Rule = "9", Extra = new RawJson("""{"handle":1}"""u8.ToArray()) }),
        "hang" => await Task.Delay(Timeout.Infinite, cancel).ContinueWith(_ => new Echo { Text = "" }, cancel, TaskContinuationOptions.None, TaskScheduler.Default),
        _ => new Echo { Text = call.Text },
    };
}

/// <summary>Writes each batch in one transaction behind the partition's fence, then announces it, as real producers do.</summary>
sealed class LineWriter([FromKeyedServices(Notebook.ComponentName)] NpgsqlDataSource db, IAnnounce<Line> announce, HostName host, Faults faults)
    : IPartitionedCallHandler<WriteLine, LineWritten>
{
    readonly ConcurrentDictionary<int, long> _positions = new();

    public async Task Attach(int partition, CancellationToken cancel)
    {
        await using var command = db.CreateCommand("""
            INSERT INTO notebook.fence (partition, position) VALUES ($1, 0)
            ON CONFLICT (partition) DO UPDATE SET position = notebook.fence.position RETURNING position
            """);
        command.Parameters.AddWithValue(partition);
        _positions[partition] = (long)(await command.ExecuteScalarAsync(cancel))!;
    }

    public async Task Handle(int partition, IReadOnlyList<PendingCall<WriteLine, LineWritten>> batch, CancellationToken cancel)
    {
        var position = _positions[partition];
        await using var connection = await db.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await using (var fence = new NpgsqlCommand("UPDATE notebook.fence SET position = $3 WHERE partition = $1 AND position = $2", connection))
        {
            fence.Parameters.AddWithValue(partition);
            fence.Parameters.AddWithValue(position);
            fence.Parameters.AddWithValue(position + batch.Count);
            if (await fence.ExecuteNonQueryAsync(cancel) != 1)
                throw new FencedException("Another host writes here.");
        }
        var written = new List<Logged<Line>>();
        foreach (var pending in batch)
        {
            var line = new Line { RoomId = pending.Call.RoomId, Text = pending.Call.Text };
            written.Add(new Logged<Line> { Partition = partition, Position = ++position, Entry = line });
            await using var insert = new NpgsqlCommand("INSERT INTO notebook.line (partition, position, room, text) VALUES ($1, $2, $3, $4)", connection);
            insert.Parameters.AddWithValue(partition);
            insert.Parameters.AddWithValue(position);
            insert.Parameters.AddWithValue(line.RoomId.Value);
            insert.Parameters.AddWithValue(line.Text);
            await insert.ExecuteNonQueryAsync(cancel);
        }
        await transaction.CommitAsync(cancel);
        _positions[partition] = position;
        if (!faults.LoseAnnouncements)
            announce.Announce(written);
        for (var i = 0; i < batch.Count; i++)
            batch[i].Answer(new LineWritten { Partition = partition, Position = written[i].Position, Host = host.Value });
    }

    public Task Detach(int partition)
    {
        _positions.TryRemove(partition, out _);
        return Task.CompletedTask;
    }
}

/// <summary>What the tests break on purpose.</summary>
sealed class Faults
{
    public bool LoseAnnouncements { get; set; }
}

sealed class LineReader([FromKeyedServices(Notebook.ComponentName)] NpgsqlDataSource db) : ILogReader<Line>
{
    public async Task<IReadOnlyList<Logged<Line>>> Read(int partition, long after, int limit, CancellationToken cancel)
    {
        await using var command = db.CreateCommand("SELECT position, room, text FROM notebook.line WHERE partition = $1 AND position > $2 ORDER BY position LIMIT $3");
        command.Parameters.AddWithValue(partition);
        command.Parameters.AddWithValue(after);
        command.Parameters.AddWithValue(limit);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var lines = new List<Logged<Line>>();
        while (await reader.ReadAsync(cancel))
        {
            lines.Add(new Logged<Line>
            {
                Partition = partition,
                Position = reader.GetInt64(0),
                Entry = new Line { RoomId = RoomId.Parse(reader.GetString(1)), Text = reader.GetString(2) },
            });
        }
        return lines;
    }

    public async Task<long> Head(int partition, CancellationToken cancel)
    {
        await using var command = db.CreateCommand("SELECT coalesce(max(position), 0) FROM notebook.line WHERE partition = $1");
        command.Parameters.AddWithValue(partition);
        return (long)(await command.ExecuteScalarAsync(cancel))!;
    }
}

/// <summary>Copies lines behind its checkpoint; a line that says "poison" cannot be handled.</summary>
sealed class LineCollector([FromKeyedServices(Reader.ComponentName)] NpgsqlDataSource db) : ILogConsumer<Line>
{
    readonly Checkpoints _checkpoints = new(db, "reader", "test-lines");

    public Task<long> Attach(int partition, CancellationToken cancel) => _checkpoints.Attach(partition, cancel);

    public async Task Handle(LogBatch<Line> batch, CancellationToken cancel)
    {
        if (batch.Entries.Any(entry => entry.Entry.Text == "poison"))
            throw new InvalidOperationException("This line cannot be read.");
        await using var connection = await db.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await using var commands = new NpgsqlBatch(connection);
        var advance = _checkpoints.Advance(batch.Partition, batch.After, batch.UpTo);
        commands.BatchCommands.Add(advance);
        foreach (var entry in batch.Entries)
        {
            var insert = new NpgsqlBatchCommand("INSERT INTO reader.line (room, text, partition, position) VALUES ($1, $2, $3, $4)");
            insert.Parameters.AddWithValue(entry.Entry.RoomId.Value);
            insert.Parameters.AddWithValue(entry.Entry.Text);
            insert.Parameters.AddWithValue(entry.Partition);
            insert.Parameters.AddWithValue(entry.Position);
            commands.BatchCommands.Add(insert);
        }
        await commands.ExecuteNonQueryAsync(cancel);
        _checkpoints.EnsureNotFenced(advance, batch.Partition, batch.After);
        await transaction.CommitAsync(cancel);
    }

    public Task Detach(int partition) => Task.CompletedTask;
}

sealed class Lamps : IBroadcastHandler<LampLit>
{
    public ConcurrentBag<string> Colours { get; } = [];

    public void Hear(LampLit broadcast) => Colours.Add(broadcast.Colour);
}
