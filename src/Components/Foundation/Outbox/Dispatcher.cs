using System.Data;
using MassTransit;
using MassTransit.Middleware;
using MassTransit.Serialization;
using MassTransit.Transports;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Matrix.Bus.Foundation;

/// <summary>Sends what was committed, in its order, and timers when they are due. One host of a database does it at a time.</summary>
/// <remarks>At least once: what was sent when the host died is sent again with the same message id, and the inbox drops it. The
/// session that holds the lock also listens, so that a commit on another host is sent within milliseconds.</remarks>
sealed class Dispatcher(
    DataSources databases, IDbContextFactory<MessagingDb> contexts, IBus bus, OutboxSignal signal, TimeProvider clock, ILogger<Dispatcher> log) : BackgroundService
{
    const long Lock = 0x4D78_4275_7302;
    const int BatchSize = 200;

    /// <summary>After so many failures a message lets those behind it go first.</summary>
    const int Patience = 3;

    static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);
    static readonly TimeSpan SendTimeout = TimeSpan.FromSeconds(15);
    static readonly TimeSpan RepeatWindow = TimeSpan.FromDays(7);

    DateTimeOffset _swept;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await Own(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                log.DispatchFailed(exception);
                await Task.Delay(Poll, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    async Task Own(CancellationToken cancel)
    {
        await using var session = await databases.Foundation.OpenConnectionAsync(cancel);
        try
        {
            await Execute(session, "LISTEN matrix_bus_outbox", cancel);
            while (!await TryLock(session, cancel))
            {
                // Another host dispatches: tell it what was committed here.
                if (await Signalled(Poll, cancel))
                    await Execute(session, "NOTIFY matrix_bus_outbox", cancel);
            }
            log.DispatcherOwned();
            await DispatchWhile(session, cancel);
        }
        finally
        {
            // The session goes back into the pool as it is; a broken one is not used again.
            if (session.State == ConnectionState.Open)
                await Execute(session, "SELECT pg_advisory_unlock_all(); UNLISTEN *", CancellationToken.None);
        }
    }

    async Task DispatchWhile(NpgsqlConnection session, CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var listening = Listen(session, stop.Token);
        try
        {
            while (!listening.IsCompleted)
            {
                var (found, nextDue) = await Round(stop.Token);
                if (found < BatchSize)
                    await WaitForWork(nextDue, listening, stop.Token);
            }
        }
        finally
        {
            await stop.CancelAsync();
            await listening.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        // Ended by itself: the session is gone, and with it the lock.
        await listening;
    }

    async Task Listen(NpgsqlConnection session, CancellationToken cancel)
    {
        while (true)
        {
            if (await session.WaitAsync(TimeSpan.FromSeconds(5), cancel))
                signal.Set();
            else
                await Execute(session, "SELECT 1", cancel);
        }
    }

    async Task WaitForWork(DateTime? nextDue, Task listening, CancellationToken cancel)
    {
        using var done = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var due = nextDue - clock.GetUtcNow().UtcDateTime;
        var timer = due is { } left && left < TimeSpan.FromDays(1)
            ? Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.Zero, clock, done.Token)
            : Task.Delay(Timeout.Infinite, done.Token);
        // The poll is real time, whatever the clock: it stands in for a signal that was lost.
        await Task.WhenAny(signal.Wait(done.Token), timer, Task.Delay(Poll, done.Token), listening);
        await done.CancelAsync();
        cancel.ThrowIfCancellationRequested();
    }

    async Task<(int Found, DateTime? NextDue)> Round(CancellationToken cancel)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        await using var db = await contexts.CreateDbContextAsync(cancel);
        var outgoing = await db.Outgoing.AsNoTracking()
            .Where(message => message.RetryAt == null || message.RetryAt <= now)
            .OrderBy(message => message.Sequence).Take(BatchSize).ToListAsync(cancel);
        var timers = await db.Timers.AsNoTracking()
            .Where(timer => timer.DueAt <= now && (timer.RetryAt == null || timer.RetryAt <= now))
            .OrderBy(timer => timer.DueAt).Take(BatchSize).ToListAsync(cancel);

        var all = outgoing.Concat<StoredMessage>(timers).ToList();
        if (all.Count > 0)
            await Send(db, all, now, cancel);
        await Sweep(db, cancel);

        var next = await db.Timers.Where(timer => timer.DueAt > now).MinAsync(timer => (DateTime?)timer.DueAt, cancel);
        return (Math.Max(outgoing.Count, timers.Count), next);
    }

    async Task Send(MessagingDb db, List<StoredMessage> all, DateTime now, CancellationToken cancel)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        timeout.CancelAfter(SendTimeout);

        // Begun in order on one channel; their confirms are awaited together.
        var sending = all.ConvertAll(message => Send(message, timeout.Token));
        await Task.WhenAll(sending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        var sent = all.Where((_, i) => sending[i].IsCompletedSuccessfully).ToList();
        var sequences = sent.OfType<OutgoingMessage>().Select(message => message.Sequence).ToArray();
        var tokens = sent.OfType<TimerMessage>().Select(timer => timer.Token).ToArray();
        if (sequences.Length > 0)
            await db.Outgoing.Where(message => sequences.Contains(message.Sequence)).ExecuteDeleteAsync(cancel);
        if (tokens.Length > 0)
            await db.Timers.Where(timer => tokens.Contains(timer.Token)).ExecuteDeleteAsync(cancel);

        if (sent.Count == all.Count)
            return;
        cancel.ThrowIfCancellationRequested();
        for (var i = 0; i < all.Count; i++)
        {
            if (!sending[i].IsCompletedSuccessfully)
                await Failed(db, all[i], sending[i].Exception?.InnerException ?? new TimeoutException("The broker did not confirm."), now, cancel);
        }
        await Task.Delay(Poll, cancel);
    }

    async Task Failed(MessagingDb db, StoredMessage message, Exception exception, DateTime now, CancellationToken cancel)
    {
        var attempts = message.Attempts + 1;
        DateTime? retryAt = attempts < Patience ? null : now + TimeSpan.FromSeconds(Math.Min(300, Math.Pow(2, attempts)));
        if (retryAt is not null)
            log.MessageNotSent(message.MessageType.Split(';')[0], message.Destination, attempts, exception);
        else
            log.DispatchFailed(exception);

        if (message is TimerMessage timer)
        {
            await db.Timers.Where(row => row.Token == timer.Token).ExecuteUpdateAsync(
                row => row.SetProperty(each => each.Attempts, attempts).SetProperty(each => each.RetryAt, retryAt).SetProperty(each => each.LastError, exception.Message), cancel);
        }
        else if (message is OutgoingMessage outgoing)
        {
            await db.Outgoing.Where(row => row.Sequence == outgoing.Sequence).ExecuteUpdateAsync(
                row => row.SetProperty(each => each.Attempts, attempts).SetProperty(each => each.RetryAt, retryAt).SetProperty(each => each.LastError, exception.Message), cancel);
        }
    }

    async Task Send(StoredMessage message, CancellationToken cancel)
    {
        var context = message.ToContext();
        var address = Relative(context.DestinationAddress!);
        var endpoint = await bus.GetSendEndpoint(address);
        await endpoint.Send(new SerializedMessageBody(), new OutboxMessageSendPipe(context, address), cancel);
    }

    /// <summary>The broker may have moved since the message was written: what counts is the name on it.</summary>
    static Uri Relative(Uri address) =>
        address.Scheme is "rabbitmq" or "rabbitmqs" or "amqp" or "amqps" or "loopback"
            ? new Uri($"exchange:{address.AbsolutePath[(address.AbsolutePath.LastIndexOf('/') + 1)..]}{address.Query}")
            : address;

    async Task Sweep(MessagingDb db, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        if (now - _swept < TimeSpan.FromMinutes(1))
            return;
        _swept = now;
        var before = (now - RepeatWindow).UtcDateTime;
        await db.Database.ExecuteSqlAsync($"DELETE FROM foundation.received WHERE received_at < {before}", cancel);
    }

    async Task<bool> Signalled(TimeSpan atMost, CancellationToken cancel)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        timeout.CancelAfter(atMost);
        try
        {
            await signal.Wait(timeout.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return false;
        }
    }

    static async Task<bool> TryLock(NpgsqlConnection session, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand($"SELECT pg_try_advisory_lock({Lock})", session);
        return (bool)(await command.ExecuteScalarAsync(cancel))!;
    }

    static async Task Execute(NpgsqlConnection session, string sql, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, session);
        await command.ExecuteNonQueryAsync(cancel);
    }
}
