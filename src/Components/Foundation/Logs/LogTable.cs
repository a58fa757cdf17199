using System.Diagnostics;
using Matrix.Bus.Messages;
using Matrix.Bus.Protocol;
using Npgsql;

namespace Matrix.Bus.Foundation;

/// <summary>
/// A log whose entries any host of its producer may write: kept in the producer's schema, its positions contiguous and in
/// commit order because writers of a partition take turns at the partition's row.
/// </summary>
/// <remarks>
/// The component's migration makes the two tables, with the log's name for <c>x</c>:
/// <code>
/// CREATE TABLE s.x_partition (partition int PRIMARY KEY, position bigint NOT NULL);
/// CREATE TABLE s.x (partition int, position bigint, key text NOT NULL, body bytea NOT NULL, trace text, PRIMARY KEY (partition, position));
/// </code>
/// Register it as a singleton and as the log's reader (<c>Produces&lt;TEntry, LogTable&lt;TEntry&gt;&gt;</c>).
/// </remarks>
/// <param name="db">The producer's database.</param>
/// <param name="table">Schema and table, <c>users.client_data_log</c>.</param>
/// <param name="partitions">How many partitions there are.</param>
/// <param name="announce">Where to tell what was committed.</param>
public sealed class LogTable<TEntry>(NpgsqlDataSource db, string table, int partitions, IAnnounce<TEntry> announce) : ILogReader<TEntry>
    where TEntry : class, ILogEntry
{
    // The row lock lasts until the writer commits: append last in a transaction.
    readonly string _reserve = $"""
        INSERT INTO {table}_partition AS p (partition, position) VALUES ($1, $2)
        ON CONFLICT (partition) DO UPDATE SET position = p.position + $2
        RETURNING position
        """;

    readonly string _insert = $"""
        INSERT INTO {table} (partition, position, key, body, trace)
        SELECT $1, $2 + n, key, body, $5 FROM unnest($3::text[], $4::bytea[]) WITH ORDINALITY AS entry (key, body, n)
        """;

    readonly string _read = $"SELECT position, body, trace FROM {table} WHERE partition = $1 AND position > $2 ORDER BY position LIMIT $3";

    readonly string _head = $"SELECT position FROM {table}_partition WHERE partition = $1";

    readonly string _heads = $"SELECT l.partition, l.position, l.body, l.trace FROM {table} l JOIN {table}_partition p USING (partition, position)";

    /// <summary>Appends entries in the connection's transaction, in their order within each key. Call it last before the commit,
    /// and <see cref="Announce"/> with its result after it.</summary>
    public async Task<IReadOnlyList<Logged<TEntry>>> Append(NpgsqlConnection connection, IReadOnlyList<TEntry> entries, CancellationToken cancel)
    {
        var trace = Activity.Current?.Id;
        var logged = new List<Logged<TEntry>>(entries.Count);
        // Partitions in one order for all writers, or two of them could wait for each other.
        foreach (var part in entries.GroupBy(entry => Partition.Of(entry.Key, partitions)).OrderBy(part => part.Key))
        {
            var ordered = part.ToList();
            var last = await connection.Row(_reserve, row => row.GetInt64(0), cancel, part.Key, (long)ordered.Count);
            var before = last - ordered.Count;
            await connection.Execute(
                _insert, cancel, part.Key, before, ordered.Select(entry => entry.Key).ToArray(), ordered.Select(entry => BusJson.Write(entry).Utf8.ToArray()).ToArray(), trace);
            logged.AddRange(ordered.Select((entry, n) => new Logged<TEntry> { Partition = part.Key, Position = before + n + 1, Entry = entry, Trace = trace }));
        }
        return logged;
    }

    /// <summary>Runs <paramref name="work"/> in a transaction, appends what it answers, commits, announces.</summary>
    public async Task Write(Func<NpgsqlConnection, Task<IReadOnlyList<TEntry>>> work, CancellationToken cancel) =>
        Announce(await db.Transaction(async connection => await Append(connection, await work(connection), cancel), cancel));

    /// <summary>Tells consumers what was committed. What is never told (a crash in between) they find by themselves, later.</summary>
    public void Announce(IReadOnlyList<Logged<TEntry>> entries)
    {
        foreach (var part in entries.GroupBy(entry => entry.Partition))
            announce.Announce([.. part]);
    }

    /// <summary>Announces the newest entry of each partition, as a hint to read on from where one was: at start, for what a crash
    /// left untold.</summary>
    public async Task AnnounceHeads(CancellationToken cancel)
    {
        var heads = await db.Rows(
            _heads, row => new Logged<TEntry> { Partition = row.GetInt32(0), Position = row.GetInt64(1), Entry = BodyOf(row, 2), Trace = row.Maybe<string>(3) }, cancel);
        Announce(heads);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Logged<TEntry>>> Read(int partition, long after, int limit, CancellationToken cancel) =>
        await db.Rows(
            _read,
            row => new Logged<TEntry> { Partition = partition, Position = row.GetInt64(0), Entry = BodyOf(row, 1), Trace = row.Maybe<string>(2) },
            cancel,
            partition,
            after,
            (long)limit);

    /// <inheritdoc/>
    public Task<long> Head(int partition, CancellationToken cancel) => db.Row(_head, row => row.GetInt64(0), cancel, partition);

    static TEntry BodyOf(NpgsqlDataReader row, int column) => BusJson.Read<TEntry>(new RawJson(row.GetFieldValue<byte[]>(column)));
}

/// <summary>Announces the heads of a log once the host runs.</summary>
public sealed class LogTableAnnouncer<TEntry>(LogTable<TEntry> log) : Microsoft.Extensions.Hosting.BackgroundService
    where TEntry : class, ILogEntry
{
    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => log.AnnounceHeads(stoppingToken);
}
