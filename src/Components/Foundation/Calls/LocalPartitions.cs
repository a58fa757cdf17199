using System.Diagnostics;
using System.Threading.Channels;
using Matrix.Bus.Messages;
using Microsoft.Extensions.Logging;

namespace Matrix.Bus.Foundation;

/// <summary>The partitions of a call that this host owns: a queue each, handled in order, whatever is there at once.</summary>
/// <remarks>The queues are bounded: a caller waits to get in rather than letting memory grow. Both transports feed it.</remarks>
sealed class LocalPartitions<TCall, TAnswer>(
    IPartitionedCallHandler<TCall, TAnswer> handler, int partitions, ILogger<LocalPartitions<TCall, TAnswer>> log) : ILocalPartitions
    where TCall : class, ICall<TAnswer>, IRoomCall
    where TAnswer : class
{
    const int MaxBatch = 256;
    const int Capacity = 4096;
    const int MaxTakeovers = 4;

    readonly Owned?[] _owned = new Owned?[partitions];

    /// <summary>Asks whether this host still holds a partition; alone in its process, a host always does.</summary>
    public Func<int, Task<bool>> StillOwned { get; set; } = _ => Task.FromResult(true);

    public Type CallType => typeof(TCall);

    public Task? Ask(IRoomCall call, CancellationToken cancel)
    {
        var owned = Volatile.Read(ref _owned[Partition.Of(call.RoomId.Value, partitions)]);
        return owned is null ? null : owned.Ask((TCall)call, Activity.Current?.Id, cancel);
    }

    /// <summary>Takes a call that came over the bus for a partition this host owns.</summary>
    public Task<TAnswer> Take(int partition, TCall call, string? trace, CancellationToken cancel)
    {
        var owned = Volatile.Read(ref _owned[partition]) ?? throw new FencedException($"Partition {partition} is not owned here.");
        return owned.Ask(call, trace, cancel);
    }

    public async Task Attach(int partition, CancellationToken cancel)
    {
        await handler.Attach(partition, cancel);
        Volatile.Write(ref _owned[partition], new Owned(partition, handler, index => StillOwned(index), log));
    }

    public async Task Detach(int partition)
    {
        if (Interlocked.Exchange(ref _owned[partition], null) is not { } owned)
            return;
        await owned.Finish();
        await handler.Detach(partition);
    }

    sealed class Owned
    {
        readonly int _partition;
        readonly IPartitionedCallHandler<TCall, TAnswer> _handler;
        readonly Func<int, Task<bool>> _stillOwned;
        readonly ILogger _log;
        readonly Task _worker;

        readonly Channel<PendingCall<TCall, TAnswer>> _queue = Channel.CreateBounded<PendingCall<TCall, TAnswer>>(
            new BoundedChannelOptions(Capacity) { SingleReader = true });

        public Owned(int partition, IPartitionedCallHandler<TCall, TAnswer> handler, Func<int, Task<bool>> stillOwned, ILogger log)
        {
            (_partition, _handler, _stillOwned, _log) = (partition, handler, stillOwned, log);
            _worker = Task.Run(Work);
        }

        public Task<TAnswer> Ask(TCall call, string? trace, CancellationToken cancel)
        {
            var pending = new PendingCall<TCall, TAnswer>(call, trace);
            return _queue.Writer.TryWrite(pending) ? pending.Answered : Enqueue(pending, cancel);
        }

        async Task<TAnswer> Enqueue(PendingCall<TCall, TAnswer> pending, CancellationToken cancel)
        {
            try
            {
                await _queue.Writer.WriteAsync(pending, cancel);
            }
            catch (ChannelClosedException)
            {
                throw new FencedException($"Partition {_partition} is being handed over.");
            }
            return await pending.Answered;
        }

        public Task Finish()
        {
            _queue.Writer.TryComplete();
            return _worker;
        }

        async Task Work()
        {
            var batch = new List<PendingCall<TCall, TAnswer>>(MaxBatch);
            while (await _queue.Reader.WaitToReadAsync())
            {
                batch.Clear();
                while (batch.Count < MaxBatch && _queue.Reader.TryRead(out var pending))
                    batch.Add(pending);
                await Handle(batch);
                foreach (var pending in batch)
                    pending.Fail(new InvalidOperationException($"{typeof(TCall).Name} was handled without an answer."));
            }
        }

        async Task Handle(List<PendingCall<TCall, TAnswer>> batch)
        {
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    await _handler.Handle(_partition, batch, CancellationToken.None);
                    return;
                }
                catch (FencedException) when (attempt < MaxTakeovers)
                {
                    // Somebody else wrote here, perhaps a predecessor on its way out. Whoever holds the lock is right.
                    batch.RemoveAll(pending => pending.Answered.IsCompleted);
                    if (await TakenAgain())
                        continue;
                    foreach (var pending in batch)
                        pending.Fail(new FencedException($"Partition {_partition} is not owned here."));
                    return;
                }
                catch (Exception exception)
                {
                    _log.BatchFailed(typeof(TCall).Name, _partition, batch.Count, exception);
                    foreach (var pending in batch)
                        pending.Fail(exception);
                    return;
                }
            }
        }

        async Task<bool> TakenAgain()
        {
            if (!await _stillOwned(_partition))
                return false;
            _log.TakingAgain(typeof(TCall).Name, _partition);
            try
            {
                await _handler.Detach(_partition);
                await _handler.Attach(_partition, CancellationToken.None);
                return true;
            }
            catch (Exception exception)
            {
                _log.BatchFailed(typeof(TCall).Name, _partition, 0, exception);
                return false;
            }
        }
    }
}
