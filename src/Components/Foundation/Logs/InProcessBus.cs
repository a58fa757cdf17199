using Matrix.Bus.Messages;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Matrix.Bus.Foundation;

/// <summary>The logs and partitions of a server that is one process: everything is owned here, and nothing leaves memory.</summary>
public static class InProcessBus
{
    /// <summary>Adds the in-process roads for what the registered components answer, produce and consume. Call it after them.</summary>
    public static void AddInProcessBus(this IServiceCollection services, int partitions)
    {
        var visitor = new Visitor(services, partitions);
        foreach (var call in Registered<PartitionedCallRegistration>(services))
            call.Accept(visitor);
        foreach (var log in Registered<LogProducerRegistration>(services))
            log.Accept(visitor);
        foreach (var log in Registered<LogConsumerRegistration>(services))
            log.Accept(visitor);
        services.AddHostedService<InProcessPartitions>();
        services.AddInMemoryWorkflows();
    }

    internal static IEnumerable<T> Registered<T>(IServiceCollection services)
        where T : class =>
        [.. services.Where(service => service.ServiceType == typeof(T)).Select(service => service.ImplementationInstance).OfType<T>()];

    sealed class Visitor(IServiceCollection services, int partitions) : ILogVisitor, IPartitionedCallVisitor
    {
        public void Visit<TCall, TAnswer, THandler>(string component)
            where TCall : class, ICall<TAnswer>, IRoomCall
            where TAnswer : class
            where THandler : class, IPartitionedCallHandler<TCall, TAnswer>
        {
            services.AddSingleton(provider => new LocalPartitions<TCall, TAnswer>(
                provider.GetRequiredService<THandler>(), partitions, provider.GetRequiredService<ILogger<LocalPartitions<TCall, TAnswer>>>()));
            services.AddSingleton<ILocalPartitions>(provider => provider.GetRequiredService<LocalPartitions<TCall, TAnswer>>());
            services.AddSingleton<IPartitioned>(provider => new PartitionedCalls(
                (partition, cancel) => provider.GetRequiredService<LocalPartitions<TCall, TAnswer>>().Attach(partition, cancel),
                partition => provider.GetRequiredService<LocalPartitions<TCall, TAnswer>>().Detach(partition),
                partitions));
        }

        public void VisitProducer<TEntry>(string component)
            where TEntry : class, ILogEntry
        {
            services.TryAddSingleton<InProcessLog<TEntry>>();
            services.AddSingleton<IAnnounce<TEntry>>(provider => provider.GetRequiredService<InProcessLog<TEntry>>());
        }

        public void VisitConsumer<TEntry, TConsumer>(string component)
            where TEntry : class, ILogEntry
            where TConsumer : class, ILogConsumer<TEntry>
        {
            services.TryAddSingleton<InProcessLog<TEntry>>();
            services.AddSingleton<IPartitioned>(provider => new InProcessConsumer<TEntry>(
                component, provider.GetRequiredService<TConsumer>(), provider.GetRequiredService<InProcessLog<TEntry>>(), provider, partitions));
        }
    }

    /// <summary>Something that runs for each partition; started in order of registration, stopped in reverse.</summary>
    interface IPartitioned
    {
        Task Start(CancellationToken cancel);

        Task Stop();
    }

    sealed class PartitionedCalls(Func<int, CancellationToken, Task> attach, Func<int, Task> detach, int partitions) : IPartitioned
    {
        public Task Start(CancellationToken cancel) => Task.WhenAll(Enumerable.Range(0, partitions).Select(partition => attach(partition, cancel)));

        public Task Stop() => Task.WhenAll(Enumerable.Range(0, partitions).Select(detach));
    }

    sealed class InProcessLog<TEntry> : IAnnounce<TEntry>
        where TEntry : class, ILogEntry
    {
        LogFollower<TEntry>[][] _followers = [];

        public void Announce(IReadOnlyList<Logged<TEntry>> entries)
        {
            foreach (var consumer in Volatile.Read(ref _followers))
            {
                foreach (var entry in entries)
                    consumer[entry.Partition].Announced(entry);
            }
        }

        public void Add(LogFollower<TEntry>[] followers) => Volatile.Write(ref _followers, [.. _followers, followers]);
    }

    sealed class InProcessConsumer<TEntry>(
        string component, ILogConsumer<TEntry> consumer, InProcessLog<TEntry> log, IServiceProvider provider, int partitions) : IPartitioned
        where TEntry : class, ILogEntry
    {
        LogFollower<TEntry>[] _followers = [];

        public Task Start(CancellationToken cancel)
        {
            var source = new LogSource<TEntry>(provider, provider.GetRequiredService<ICalls>());
            var parked = provider.GetRequiredService<IParkedEntries>();
            var clock = provider.GetRequiredService<TimeProvider>();
            var logger = provider.GetRequiredService<ILogger<LogFollower<TEntry>>>();
            _followers = [.. Enumerable.Range(0, partitions).Select(partition => new LogFollower<TEntry>(component, partition, consumer, source, parked, clock, logger))];
            log.Add(_followers);
            return Task.CompletedTask;
        }

        public Task Stop() => Task.WhenAll(_followers.Select(follower => follower.DisposeAsync().AsTask()));
    }

    sealed class InProcessPartitions(IEnumerable<IPartitioned> partitioned) : IHostedService
    {
        readonly IPartitioned[] _all = [.. partitioned];

        public async Task StartAsync(CancellationToken cancellationToken)
        {
            foreach (var each in _all)
                await each.Start(cancellationToken);
        }

        public async Task StopAsync(CancellationToken cancellationToken)
        {
            foreach (var each in _all.Reverse())
                await each.Stop().WaitAsync(cancellationToken);
        }
    }
}
