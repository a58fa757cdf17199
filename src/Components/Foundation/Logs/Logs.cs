using Matrix.Bus.Messages;

namespace Matrix.Bus.Foundation;

/// <summary>Tells a log's consumers what was committed.</summary>
public interface IAnnounce<TEntry>
    where TEntry : class, ILogEntry
{
    /// <summary>Announces committed entries of one partition, in order. Returns at once; what gets lost on the way is read again
    /// from the log by whoever misses it.</summary>
    void Announce(IReadOnlyList<Logged<TEntry>> entries);
}

/// <summary>Reads a log of this component from its table.</summary>
public interface ILogReader<TEntry>
    where TEntry : class, ILogEntry
{
    /// <summary>Up to <paramref name="limit"/> entries of a partition after a position, in order, without a gap.</summary>
    Task<IReadOnlyList<Logged<TEntry>>> Read(int partition, long after, int limit, CancellationToken cancel);

    /// <summary>The newest committed position of a partition, 0 if there is none.</summary>
    Task<long> Head(int partition, CancellationToken cancel);
}

/// <summary>Follows a log: gets every entry once and in order, whatever the transport loses or repeats.</summary>
public interface ILogConsumer<TEntry>
    where TEntry : class, ILogEntry
{
    /// <summary>This host follows the partition from now on. Answers the position up to which everything is handled
    /// (<see cref="Checkpoints"/>).</summary>
    Task<long> Attach(int partition, CancellationToken cancel);

    /// <summary>Handles a batch and stores its checkpoint in the same transaction. Never concurrent for one partition.</summary>
    /// <exception cref="FencedException">The stored checkpoint is not <see cref="LogBatch{TEntry}.After"/>: another host has taken over.</exception>
    Task Handle(LogBatch<TEntry> batch, CancellationToken cancel);

    /// <summary>The partition goes to another host; the last batch has returned.</summary>
    Task Detach(int partition);
}

/// <summary>Entries that follow the consumer's checkpoint without a gap.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="After">The checkpoint that must be stored right now: the fence.</param>
/// <param name="UpTo">The checkpoint to store with the effects of the entries.</param>
/// <param name="Entries">What to handle; empty where all of it was parked.</param>
public sealed record LogBatch<TEntry>(int Partition, long After, long UpTo, IReadOnlyList<Logged<TEntry>> Entries)
    where TEntry : class, ILogEntry;

/// <summary>Another host owns this now: stop, forget, and attach again if it is still ours.</summary>
public sealed class FencedException(string message) : Exception(message);

/// <summary>Tells something to every host at once.</summary>
public interface IBroadcasts
{
    /// <summary>Tells it, to this process too. Returns at once; may be lost.</summary>
    void Tell<TBroadcast>(TBroadcast broadcast)
        where TBroadcast : class, IBroadcast;
}

/// <summary>Hears broadcasts; quick, and never waits.</summary>
public interface IBroadcastHandler<in TBroadcast>
    where TBroadcast : class, IBroadcast
{
    /// <summary>Hears one.</summary>
    void Hear(TBroadcast broadcast);
}
