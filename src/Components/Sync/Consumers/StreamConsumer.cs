using System.Reflection;
using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Sync.Domain;
using Matrix.Bus.Sync.Storage;
using Matrix.Bus.Sync.Workers;
using Npgsql;

namespace Matrix.Bus.Sync.Consumers;

/// <summary>Follows a log into the stream: a new stream is one class that says what its entries change.</summary>
abstract class StreamConsumer<TEntry>(NpgsqlDataSource db, GroupCommit commit) : ILogConsumer<TEntry>
    where TEntry : class, ILogEntry
{
    static readonly string LogName = typeof(TEntry).GetCustomAttribute<LogAttribute>()!.Name;

    readonly Checkpoints _checkpoints = new(db, "sync", LogName);

    /// <inheritdoc/>
    public Task<long> Attach(int partition, CancellationToken cancel) => _checkpoints.Attach(partition, cancel);

    /// <inheritdoc/>
    public Task Handle(LogBatch<TEntry> batch, CancellationToken cancel)
    {
        var changes = new List<Change>(batch.Entries.Count);
        foreach (var logged in batch.Entries)
            changes.AddRange(Changes(logged.Entry));
        return commit.Commit(new WriteUnit(LogName, batch.Partition, batch.After, batch.UpTo, changes));
    }

    /// <inheritdoc/>
    public Task Detach(int partition) => Task.CompletedTask;

    /// <summary>What an entry changes for clients, in order; nothing if it does not concern them.</summary>
    protected abstract IEnumerable<Change> Changes(TEntry entry);
}
