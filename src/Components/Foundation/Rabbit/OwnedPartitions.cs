using MassTransit;
using Matrix.Bus.Messages;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Matrix.Bus.Foundation;

/// <summary>Something whose partitions are shared between the hosts that run it. Owned means: the lock is held.</summary>
interface IOwnedPartitions
{
    /// <summary>Names the group of hosts that share these partitions.</summary>
    string Group { get; }

    /// <summary>The component whose database holds the locks.</summary>
    string Component { get; }

    /// <summary>Asks the lock itself whether it is still held; set by whoever holds it.</summary>
    Func<int, Task<bool>> StillOwned { set; }

    /// <summary>This host holds the lock from now on.</summary>
    Task Attach(int partition, CancellationToken cancel);

    /// <summary>This host is about to let go of the lock: returns when nothing of it runs any more.</summary>
    Task Detach(int partition);
}

/// <summary>A partition of a call: its worker, then its queue.</summary>
sealed class OwnedCallPartitions<TCall, TAnswer>(
    string component, LocalPartitions<TCall, TAnswer> partitions, ICallBus bus, QueueNames names, int concurrency) : IOwnedPartitions
    where TCall : class, ICall<TAnswer>, IRoomCall
    where TAnswer : class
{
    readonly System.Collections.Concurrent.ConcurrentDictionary<int, HostReceiveEndpointHandle> _endpoints = new();

    public string Group => $"{component}.{typeof(TCall).Name}";

    public Func<int, Task<bool>> StillOwned
    {
        set => partitions.StillOwned = value;
    }

    public string Component => component;

    public async Task Attach(int partition, CancellationToken cancel)
    {
        await partitions.Attach(partition, cancel);
        _endpoints[partition] = bus.ConnectReceiveEndpoint(names.PartitionCalls(component, partition), (IReceiveEndpointConfigurator configure) =>
        {
            var endpoint = (IRabbitMqReceiveEndpointConfigurator)configure;
            endpoint.ConfigureConsumeTopology = false;
            endpoint.SingleActiveConsumer = true;
            endpoint.PrefetchCount = concurrency * 2;
            endpoint.ConcurrentMessageLimit = concurrency * 2;
            // A call that meets a partition in the act of moving goes back to the queue's new owner.
            endpoint.UseMessageRetry(retry =>
            {
                retry.Handle<FencedException>();
                retry.Intervals(50, 100, 200, 400, 800, 1600);
            });
            endpoint.Consumer(() => new PartitionCallConsumer<TCall, TAnswer>(partitions, partition));
        });
    }

    public async Task Detach(int partition)
    {
        if (_endpoints.TryRemove(partition, out var endpoint))
            await endpoint.StopOnceReady();
        await partitions.Detach(partition);
    }
}

/// <summary>A partition of a log for one consumer: the follower, then the queue that wakes it.</summary>
sealed class OwnedLogPartitions<TEntry>(
    string component, ILogConsumer<TEntry> consumer, MassTransit.IBus bus, QueueNames names, IServiceProvider provider) : IOwnedPartitions
    where TEntry : class, ILogEntry
{
    readonly System.Collections.Concurrent.ConcurrentDictionary<int, (LogFollower<TEntry> Follower, HostReceiveEndpointHandle Endpoint)> _owned = new();

    public string Group => $"{component}.{LogOf<TEntry>.Name}";

    /// <summary>A follower that is fenced off begins again at the stored checkpoint by itself.</summary>
    public Func<int, Task<bool>> StillOwned
    {
        set => _ = value;
    }

    public string Component => component;

    public Task Attach(int partition, CancellationToken cancel)
    {
        var follower = new LogFollower<TEntry>(
            component,
            partition,
            consumer,
            new LogSource<TEntry>(provider, provider.GetRequiredService<ICalls>()),
            provider.GetRequiredService<IParkedEntries>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<LogFollower<TEntry>>>());
        var handle = bus.ConnectReceiveEndpoint(names.LogQueue(LogOf<TEntry>.Name, component, partition), (IReceiveEndpointConfigurator configure) =>
        {
            var endpoint = (IRabbitMqReceiveEndpointConfigurator)configure;
            endpoint.ConfigureConsumeTopology = false;
            endpoint.SingleActiveConsumer = true;
            endpoint.SetQueueArgument("x-max-length", QueueNames.MaxLogQueueLength);
            // One at a time keeps the broker's order; the follower makes the batches.
            endpoint.PrefetchCount = 200;
            endpoint.ConcurrentMessageLimit = 1;
            endpoint.Bind(names.Log(LogOf<TEntry>.Name), binding =>
            {
                binding.ExchangeType = "direct";
                binding.RoutingKey = QueueNames.Number(partition);
            });
            endpoint.Consumer(() => new AnnouncedConsumer<TEntry>(follower));
        });
        _owned[partition] = (follower, handle);
        return Task.CompletedTask;
    }

    public async Task Detach(int partition)
    {
        if (!_owned.TryRemove(partition, out var owned))
            return;
        await owned.Endpoint.StopOnceReady();
        await owned.Follower.DisposeAsync();
    }
}

/// <summary>Hands an announcement to the follower; the broker may forget it then, for the table does not.</summary>
sealed class AnnouncedConsumer<TEntry>(LogFollower<TEntry> follower) : IConsumer<Logged<TEntry>>
    where TEntry : class, ILogEntry
{
    public Task Consume(ConsumeContext<Logged<TEntry>> context)
    {
        follower.Announced(context.Message);
        return Task.CompletedTask;
    }
}

static class Endpoints
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Stops an endpoint, letting it finish connecting first if it is about to: stopping halfway fails noisily.</summary>
    public static async Task StopOnceReady(this HostReceiveEndpointHandle endpoint)
    {
        await Task.WhenAny(endpoint.Ready, Task.Delay(Patience));
        await endpoint.StopAsync();
    }
}
