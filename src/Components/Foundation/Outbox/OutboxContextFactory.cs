using MassTransit;
using MassTransit.Middleware;
using MassTransit.Middleware.Outbox;
using Microsoft.EntityFrameworkCore;

namespace Matrix.Bus.Foundation;

/// <summary>Handles a message in one transaction: that it came, what it changed, what it sends.</summary>
sealed class OutboxContextFactory<TDb>(TDb db, IServiceProvider provider, MessagingScope scope, OutboxSignal signal, TimeProvider clock) : IOutboxContextFactory<TDb>
    where TDb : DbContext
{
    public async Task Send<T>(ConsumeContext<T> context, OutboxConsumeOptions options, IPipe<OutboxConsumeContext<T>> next)
        where T : class
    {
        var cancel = context.CancellationToken;
        var messageId = context.GetOriginalMessageId() ?? context.MessageId ?? throw new MessageException(typeof(T), "A message without an id cannot be told from its repeat.");
        scope.Db = db;

        await using var transaction = await db.Database.BeginTransactionAsync(cancel);
        var fresh = await db.Database.ExecuteSqlAsync(
            $"INSERT INTO foundation.received (message_id, consumer_id, received_at) VALUES ({messageId}, {options.ConsumerId}, {clock.GetUtcNow().UtcDateTime}) ON CONFLICT DO NOTHING",
            cancel) == 1;
        var outbox = new OutboxContext<T>(context, options, provider, db, clock, repeat: !fresh);
        await next.Send(outbox);
        if (!fresh)
            return;

        await db.SaveChangesAsync(cancel);
        await transaction.CommitAsync(cancel);
        signal.Set();
    }

    public void Probe(ProbeContext context) => context.CreateFilterScope("postgresOutbox");
}

/// <summary>What consumers see: sending writes a row.</summary>
sealed class OutboxContext<T>(ConsumeContext<T> context, OutboxConsumeOptions options, IServiceProvider provider, DbContext db, TimeProvider clock, bool repeat) :
    OutboxConsumeContextProxy<T>(context, options, provider)
    where T : class
{
    public override bool ContinueProcessing { get; set; } = true;

    /// <summary>True makes the filter acknowledge without calling the consumer.</summary>
    public override bool IsMessageConsumed => repeat;

    public override bool IsOutboxDelivered => repeat;

    public override int ReceiveCount => 1;

    public override long? LastSequenceNumber => null;

    public override Task AddSend<TMessage>(SendContext<TMessage> context)
    {
        var row = new OutgoingMessage();
        row.Take(context, clock.GetUtcNow().UtcDateTime);
        db.Add(row);
        return Task.CompletedTask;
    }

    // Delivery is the dispatcher's: nothing is left to do for the filter.
    public override Task SetConsumed() => Task.CompletedTask;

    public override Task SetDelivered() => Task.CompletedTask;

    public override Task<List<OutboxMessageContext>> LoadOutboxMessages() => Task.FromResult(new List<OutboxMessageContext>());

    public override Task NotifyOutboxMessageDelivered(OutboxMessageContext message) => Task.CompletedTask;

    public override Task RemoveOutboxMessages() => Task.CompletedTask;
}
