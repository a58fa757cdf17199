using System.Collections.Concurrent;
using MassTransit;
using Matrix.Bus.Messages;

namespace Matrix.Bus.Foundation;

/// <summary>Calls to components in other processes: MassTransit requests, each to the explicit address of whoever answers.</summary>
sealed class RemoteCalls(ICallBus bus, MassTransit.Transports.IBusInstance<ICallBus> instance, QueueNames names, PartitionCount partitions) : IRemoteCalls
{
    readonly ConcurrentDictionary<Type, RemoteCall> _calls = new();
    Task? _started;

    public Task<TAnswer> Ask<TAnswer>(ICall<TAnswer> call, string component, TimeSpan timeout, CancellationToken cancel)
        where TAnswer : class
    {
        // An answer to a call that is made before the queue of answers exists would go nowhere.
        var started = _started ??= Started();
        return started.IsCompletedSuccessfully ? AskNow(call, component, timeout, cancel) : AskOnceStarted(started, call, component, timeout, cancel);
    }

    async Task<TAnswer> AskOnceStarted<TAnswer>(Task started, ICall<TAnswer> call, string component, TimeSpan timeout, CancellationToken cancel)
        where TAnswer : class
    {
        try
        {
            await started.WaitAsync(timeout, cancel);
        }
        catch (TimeoutException)
        {
            throw CallRouter.CallTimeout(call.GetType());
        }
        return await AskNow(call, component, timeout, cancel);
    }

    Task Started() => instance.BusControl.WaitForHealthStatus(BusHealthStatus.Healthy, CancellationToken.None);

    Task<TAnswer> AskNow<TAnswer>(ICall<TAnswer> call, string component, TimeSpan timeout, CancellationToken cancel)
        where TAnswer : class
    {
        var remote = (RemoteCall<TAnswer>)_calls.GetOrAdd(call.GetType(), static (type, bus) =>
            (RemoteCall)Activator.CreateInstance(typeof(RemoteCall<,>).MakeGenericType(type, typeof(TAnswer)), bus)!, bus);
        // queue:, so that the caller declares the queue as its owner would: a call that comes before its answerer waits for it.
        var queue = call is IRoomCall room
            ? $"queue:{names.PartitionCalls(component, Partition.Of(room.RoomId.Value, partitions.Value))}?singleactiveconsumer=true"
            : $"queue:{names.Calls(component)}";
        return remote.Ask(call, queue, timeout, cancel);
    }

    abstract class RemoteCall;

    abstract class RemoteCall<TAnswer> : RemoteCall
        where TAnswer : class
    {
        public abstract Task<TAnswer> Ask(ICall<TAnswer> call, string queue, TimeSpan timeout, CancellationToken cancel);
    }

    sealed class RemoteCall<TCall, TAnswer>(ICallBus bus) : RemoteCall<TAnswer>
        where TCall : class, ICall<TAnswer>
        where TAnswer : class
    {
        readonly ConcurrentDictionary<string, IRequestClient<TCall>> _clients = new();

        public override async Task<TAnswer> Ask(ICall<TAnswer> call, string queue, TimeSpan timeout, CancellationToken cancel)
        {
            var client = _clients.GetOrAdd(queue, static (address, bus) => bus.CreateRequestClient<TCall>(new Uri(address), RequestTimeout.None), bus);
            try
            {
                var response = await client.GetResponse<TAnswer, Refusal>((TCall)call, cancel, RequestTimeout.After(ms: (int)timeout.TotalMilliseconds));
                if (response.Is(out Response<TAnswer>? answered))
                    return answered.Message;
                throw new RefusedException(response.Is(out Response<Refusal>? refused) ? refused.Message : throw new InvalidOperationException("Neither an answer nor a refusal."));
            }
            catch (RequestTimeoutException)
            {
                throw CallRouter.CallTimeout(typeof(TCall));
            }
        }
    }
}
