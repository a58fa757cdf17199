using System.Threading.Channels;
using Matrix.Bus.Messages;
using Microsoft.Extensions.Logging;

namespace Matrix.Bus.Foundation;

/// <summary>
/// Follows one partition of a log for one consumer: drops repeats, closes gaps by reading the log again, hands over ordered
/// batches, and parks what cannot be handled.
/// </summary>
/// <remarks>Announcements are hints: any of them may be lost, repeated or reordered. What counts is the checkpoint and the
/// producer's table. The queue is bounded and drops what does not fit; the gap is then read from the table.</remarks>
sealed class LogFollower<TEntry> : IAsyncDisposable
    where TEntry : class, ILogEntry
{
    const int MaxBatch = 500;
    const int Capacity = 4096;
    static readonly TimeSpan HeadPoll = TimeSpan.FromSeconds(5);

    readonly string _name;
    readonly int _partition;
    readonly ILogConsumer<TEntry> _consumer;
    readonly LogSource<TEntry> _source;
    readonly IParkedEntries _parked;
    readonly TimeProvider _clock;
    readonly ILogger _log;
    readonly CancellationTokenSource _stop = new();
    readonly Channel<Arrival> _arrivals = Channel.CreateBounded<Arrival>(new BoundedChannelOptions(Capacity) { SingleReader = true });
    readonly Task _worker;
    long _announced;

    /// <summary>An announced entry and whom to tell once its position is stored (the broker's acknowledgement).</summary>
    readonly record struct Arrival(Logged<TEntry> Entry, TaskCompletionSource? Stored);

    public LogFollower(string name, int partition, ILogConsumer<TEntry> consumer, LogSource<TEntry> source, IParkedEntries parked, TimeProvider clock, ILogger log)
    {
        (_name, _partition, _consumer, _source, _parked, _clock, _log) = (name, partition, consumer, source, parked, clock, log);
        _worker = Task.Run(Run);
    }

    /// <summary>Takes an announcement; never waits. What does not fit is read from the log.</summary>
    public void Announced(Logged<TEntry> entry)
    {
        RaiseAnnounced(entry.Position);
        _arrivals.Writer.TryWrite(new Arrival(entry, null));
    }

    /// <summary>Takes a delivery of the broker; done once it is stored (or known).</summary>
    public async Task Delivered(Logged<TEntry> entry, CancellationToken cancel)
    {
        RaiseAnnounced(entry.Position);
        var stored = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await _arrivals.Writer.WriteAsync(new Arrival(entry, stored), cancel);
        await stored.Task.WaitAsync(cancel);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _arrivals.Writer.TryComplete();
        await _worker;
        while (_arrivals.Reader.TryRead(out var left))
            left.Stored?.TrySetCanceled();
        await _consumer.Detach(_partition);
        _stop.Dispose();
    }

    void RaiseAnnounced(long position)
    {
        long seen;
        while (position > (seen = Volatile.Read(ref _announced)) && Interlocked.CompareExchange(ref _announced, position, seen) != seen)
        {
        }
    }

    async Task Run()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await Follow(_stop.Token);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (FencedException fenced)
            {
                // Whoever stored another checkpoint is ahead of us: start again from what is stored.
                _log.LogFenced(_name, _partition, LogOf<TEntry>.Name, fenced.Message);
                await Pause(TimeSpan.FromMilliseconds(200));
            }
            catch (Exception exception)
            {
                _log.LogBatchFailed(_name, _partition, LogOf<TEntry>.Name, -1, 0, exception);
                await Pause(TimeSpan.FromSeconds(1));
            }
        }
    }

    async Task Follow(CancellationToken cancel)
    {
        var position = await _consumer.Attach(_partition, cancel);
        var stuck = await _parked.Keys(_name, LogOf<TEntry>.Name, _partition, cancel);
        position = await CatchUp(position, stuck, cancel);

        var arrivals = new List<Arrival>(MaxBatch);
        var batch = new List<Logged<TEntry>>(MaxBatch);
        while (!cancel.IsCancellationRequested)
        {
            if (Volatile.Read(ref _announced) > position && !_arrivals.Reader.TryPeek(out _))
                position = await CatchUp(position, stuck, cancel);

            if (!await Wait(cancel))
            {
                // Nothing came for a while: a broker that lost everything says nothing either.
                position = await CatchUp(position, stuck, cancel);
                continue;
            }

            arrivals.Clear();
            batch.Clear();
            var next = position + 1;
            var gap = false;
            while (arrivals.Count < MaxBatch && _arrivals.Reader.TryRead(out var arrival))
            {
                arrivals.Add(arrival);
                if (arrival.Entry.Position == next)
                {
                    batch.Add(arrival.Entry);
                    next++;
                }
                else if (arrival.Entry.Position > next)
                {
                    gap = true;
                    break;
                }
            }

            try
            {
                position = await Deliver(position, batch, stuck, cancel);
                if (gap)
                {
                    _log.LogGap(_name, _partition, LogOf<TEntry>.Name, position);
                    position = await CatchUp(position, stuck, cancel);
                }
            }
            finally
            {
                foreach (var arrival in arrivals)
                {
                    if (arrival.Entry.Position <= position)
                        arrival.Stored?.TrySetResult();
                    else
                        arrival.Stored?.TrySetCanceled(CancellationToken.None);
                }
            }
        }
    }

    async Task<bool> Wait(CancellationToken cancel)
    {
        if (_arrivals.Reader.TryPeek(out _))
            return true;
        using var idle = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        idle.CancelAfter(HeadPoll);
        try
        {
            return await _arrivals.Reader.WaitToReadAsync(idle.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return false;
        }
    }

    async Task<long> CatchUp(long position, StuckKeys stuck, CancellationToken cancel)
    {
        while (true)
        {
            var page = await _source.Read(_partition, position, MaxBatch, cancel);
            if (page.Count == 0)
                return position;
            position = await Deliver(position, page, stuck, cancel);
        }
    }

    /// <summary>Hands a batch over, retrying in place; after that, halves it until the poisoned entry stands alone and is parked.</summary>
    async Task<long> Deliver(long after, IReadOnlyList<Logged<TEntry>> entries, StuckKeys stuck, CancellationToken cancel)
    {
        if (entries.Count == 0)
            return after;

        var upTo = entries[^1].Position;
        var free = entries;
        if (stuck.Any)
        {
            // What follows a parked entry in its room is parked behind it, so that the room keeps its order.
            await _parked.Park(_name, LogOf<TEntry>.Name, [.. entries.Where(entry => stuck.Has(entry.Entry.Key)).Select(Describe)], cause: null, cancel);
            free = [.. entries.Where(entry => !stuck.Has(entry.Entry.Key))];
        }

        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await _consumer.Handle(new LogBatch<TEntry>(_partition, after, upTo, free), cancel);
                return upTo;
            }
            catch (Exception exception) when (exception is not (FencedException or OperationCanceledException) && !Transient.Is(exception))
            {
                _log.LogBatchFailed(_name, _partition, LogOf<TEntry>.Name, after, attempt, exception);
                if (attempt < 3)
                {
                    await Pause(TimeSpan.FromMilliseconds(50 << attempt));
                    continue;
                }
                if (entries.Count > 1)
                {
                    var half = entries.Count / 2;
                    var middle = await Deliver(after, [.. entries.Take(half)], stuck, cancel);
                    return await Deliver(middle, [.. entries.Skip(half)], stuck, cancel);
                }
                await _parked.Park(_name, LogOf<TEntry>.Name, [Describe(entries[0])], exception, cancel);
                stuck.Add(entries[0].Entry.Key);
                _log.LogEntryParked(_name, _partition, LogOf<TEntry>.Name, entries[0].Position, entries[0].Entry.Key, exception);
                free = [];
            }
        }
    }

    static ParkedEntry Describe(Logged<TEntry> entry) => new(entry.Partition, entry.Position, entry.Entry.Key, BusJson.Write(entry));

    async Task Pause(TimeSpan time)
    {
        try
        {
            await Task.Delay(time, _clock, _stop.Token);
        }
        catch (OperationCanceledException)
        {
        }
    }
}
