using System.Diagnostics;
using MassTransit;
using Matrix.Bus.Messages;

namespace Matrix.Bus.Foundation;

/// <summary>Answers a call that came over the bus with the same handler that answers it in process.</summary>
sealed class CallConsumer<TCall, TAnswer>(ICalls calls) : IConsumer<TCall>
    where TCall : class, ICall<TAnswer>
    where TAnswer : class
{
    public Task Consume(ConsumeContext<TCall> context) =>
        Replies.Answer(context, calls.Ask(context.Message, context.CancellationToken));
}

/// <summary>Reads a log for a consumer in another process.</summary>
sealed class QueryLogConsumer(QueryLogHandler handler) : IConsumer<QueryLog>
{
    public Task Consume(ConsumeContext<QueryLog> context) =>
        Replies.Answer(context, handler.Handle(context.Message, context.CancellationToken));
}

/// <summary>Answers a call for a partition that this host owns.</summary>
sealed class PartitionCallConsumer<TCall, TAnswer>(LocalPartitions<TCall, TAnswer> partitions, int partition) : IConsumer<TCall>
    where TCall : class, ICall<TAnswer>, IRoomCall
    where TAnswer : class
{
    public Task Consume(ConsumeContext<TCall> context) =>
        Replies.Answer(context, partitions.Take(partition, context.Message, Activity.Current?.Id, context.CancellationToken));
}

static class Replies
{
    /// <summary>An answer and a refusal are both replies; anything else is the bus' business (a fault to the caller, an error queue).</summary>
    public static async Task Answer<TAnswer>(ConsumeContext context, Task<TAnswer> answered)
        where TAnswer : class
    {
        TAnswer answer;
        try
        {
            answer = await answered;
        }
        catch (RefusedException refused)
        {
            await context.RespondAsync(refused.Refusal);
            return;
        }
        await context.RespondAsync(answer);
    }
}
