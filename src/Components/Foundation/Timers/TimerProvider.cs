using MassTransit;
using MassTransit.Middleware.Outbox;
using MassTransit.Scheduling;
using MassTransit.Transports;
using Microsoft.EntityFrameworkCore;

namespace Matrix.Bus.Foundation;

/// <summary>Scheduled messages are rows: set and cancelled in the caller's transaction, or at once if it has none.</summary>
sealed class TimerProvider(ISendEndpointProvider endpoints, MessagingScope? scope, IDbContextFactory<MessagingDb> contexts, OutboxSignal signal, TimeProvider clock) :
    IScheduleMessageProvider
{
    public async Task<ScheduledMessage<T>> ScheduleSend<T>(Uri destinationAddress, DateTime scheduledTime, T message, IPipe<SendContext<T>> pipe, CancellationToken cancellationToken)
        where T : class
    {
        var token = ScheduleTokenIdCache<T>.GetTokenId(message);
        if (token == Guid.Empty)
            token = NewId.NextGuid();

        var endpoint = await endpoints.GetSendEndpoint(destinationAddress);
        if (endpoint is OutboxSendEndpoint outbox)
            endpoint = outbox.Endpoint;
        var schedule = new ScheduleSendPipe<T>(pipe, scheduledTime) { ScheduledMessageId = token };
        var context = await ((ITransportSendEndpoint)endpoint).CreateSendContext(message, schedule, cancellationToken);

        var now = clock.GetUtcNow().UtcDateTime;
        var row = new TimerMessage
        {
            Token = token,
            // MassTransit adds the delay to the machine's time; ours may be another.
            DueAt = now + (scheduledTime.ToUniversalTime() - DateTime.UtcNow),
            Instance = scope?.Instance,
            Name = typeof(T).Name,
        };
        row.Take(context, now);
        row.Destination = destinationAddress.ToString();
        await Change(db =>
        {
            db.Add(row);
            return Task.CompletedTask;
        }, cancellationToken);
        return new ScheduledMessageHandle<T>(token, scheduledTime, destinationAddress, message);
    }

    public Task CancelScheduledSend(Guid tokenId, CancellationToken cancellationToken) => Change(
        async db =>
        {
            // Set and cancelled within one message.
            foreach (var entry in db.ChangeTracker.Entries<TimerMessage>().Where(entry => entry.Entity.Token == tokenId).ToList())
                entry.State = EntityState.Detached;
            await db.Set<TimerMessage>().Where(timer => timer.Token == tokenId).ExecuteDeleteAsync(cancellationToken);
        }, cancellationToken);

    public Task CancelScheduledSend(Uri destinationAddress, Guid tokenId, CancellationToken cancellationToken) => CancelScheduledSend(tokenId, cancellationToken);

    async Task Change(Func<DbContext, Task> change, CancellationToken cancel)
    {
        if (scope?.Db is { } db)
        {
            await change(db);
            return;
        }
        await using var own = await contexts.CreateDbContextAsync(cancel);
        await change(own);
        await own.SaveChangesAsync(cancel);
        signal.Set();
    }
}
