using MassTransit;
using MassTransit.Configuration;
using Matrix.Bus.Messages;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Matrix.Bus.Foundation;

/// <summary>The bus of calls and broadcasts: publisher confirms are off, because a lost request is a timeout and a repeat.</summary>
public interface ICallBus : IBus;

/// <summary>The roads between the processes of one server over RabbitMQ.</summary>
public static class RabbitMqBus
{
    /// <summary>Requests in flight per host and queue: prefetch equals concurrency.</summary>
    const int CallConcurrency = 64;

    /// <summary>Adds the roads for what the registered components answer, produce, consume and hear. Call it after them.</summary>
    public static void AddRabbitMqBus(this IServiceCollection services, RabbitMqConnection rabbit, int partitions)
    {
        var names = new QueueNames(rabbit.Prefix);
        services.AddSingleton(names);
        services.AddSingleton(rabbit);
        services.AddSingleton<HostIdentity>();
        services.AddOptions<UsageTelemetryOptions>().Configure(telemetry => telemetry.Enabled = false);
        services.AddOptions<MassTransitHostOptions>().Configure(host =>
        {
            // A broker that is down must not keep the server from starting: health says what is missing.
            host.WaitUntilStarted = false;
            host.StopTimeout = TimeSpan.FromSeconds(10);
        });

        var calls = InProcessBus.Registered<CallRegistration>(services).ToList();
        var broadcasts = InProcessBus.Registered<BroadcastRegistration>(services).ToList();
        var logs = InProcessBus.Registered<LogProducerRegistration>(services).ToList();

        services.AddMassTransit<ICallBus>(bus => bus.UsingRabbitMq((context, configure) =>
        {
            rabbit.Configure(configure, "calls", confirms: false);
            configure.OverrideDefaultBusEndpointQueueName(names.Host(context.GetRequiredService<HostIdentity>(), "calls"));
            names.Shape(configure);
            foreach (var component in calls.Select(call => call.Component).Concat(logs.Select(log => log.Component)).Distinct())
            {
                configure.ReceiveEndpoint(names.Calls(component), endpoint =>
                {
                    endpoint.ConfigureConsumeTopology = false;
                    endpoint.PrefetchCount = CallConcurrency;
                    endpoint.ConcurrentMessageLimit = CallConcurrency;
                    var binder = new CallBinder(endpoint, context);
                    foreach (var call in calls.Where(call => call.Component == component))
                        call.Accept(binder);
                    if (logs.Exists(log => log.Component == component))
                        binder.BindLogReader();
                });
            }
            configure.ReceiveEndpoint(names.Host(context.GetRequiredService<HostIdentity>(), "broadcasts"), endpoint =>
            {
                endpoint.Durable = false;
                endpoint.AutoDelete = true;
                endpoint.PrefetchCount = 64;
                endpoint.ConcurrentMessageLimit = 16;
                var binder = new BroadcastBinder(endpoint, context);
                foreach (var broadcast in broadcasts.DistinctBy(each => each.Broadcast))
                    broadcast.Accept(binder);
            });
        }));

        services.AddMassTransit(bus =>
        {
            bus.AddWorkflows(services);
            bus.UsingRabbitMq((context, configure) =>
            {
                rabbit.Configure(configure, "logs", confirms: true);
                configure.OverrideDefaultBusEndpointQueueName(names.Host(context.GetRequiredService<HostIdentity>(), "logs"));
                names.Shape(configure);
                var topology = new LogTopology(configure, names);
                foreach (var log in logs)
                    log.Accept(topology);
                configure.UseWorkflows(context, names.Prefix);
            });
        });

        services.AddSingleton<IRemoteCalls, RemoteCalls>();
        services.AddSingleton<IRemoteBroadcasts, RemoteBroadcasts>();
        var visitor = new Visitor(services, names, partitions);
        foreach (var call in InProcessBus.Registered<PartitionedCallRegistration>(services))
            call.Accept(visitor);
        foreach (var log in logs)
            log.Accept(visitor);
        foreach (var log in InProcessBus.Registered<LogConsumerRegistration>(services))
            log.Accept(visitor);
        services.AddSingleton(new PartitionCount(partitions));
        services.AddHostedService<PartitionOwnership>();
    }

    static void Shape(this QueueNames names, IRabbitMqBusFactoryConfigurator configure)
    {
        configure.MessageTopology.SetEntityNameFormatter(new PrefixEntityNameFormatter(new ShortNameFormatter(), names.Prefix + "."));
        configure.ConfigureJsonSerializerOptions(BusJson.ForBus);
    }

    sealed class ShortNameFormatter : IEntityNameFormatter
    {
        public string FormatEntityName<T>() => typeof(T).IsGenericType ? typeof(T).Name.Split('`')[0] + "." + string.Join('.', typeof(T).GetGenericArguments().Select(t => t.Name)) : typeof(T).Name;
    }

    sealed class CallBinder(IRabbitMqReceiveEndpointConfigurator endpoint, IServiceProvider provider) : ICallVisitor
    {
        public void Visit<TCall, TAnswer>(string component)
            where TCall : class, ICall<TAnswer>
            where TAnswer : class =>
            endpoint.Consumer(() => new CallConsumer<TCall, TAnswer>(provider.GetRequiredService<ICalls>()));

        public void BindLogReader() => endpoint.Consumer(() => new QueryLogConsumer(provider.GetRequiredService<QueryLogHandler>()));
    }

    sealed class BroadcastBinder(IRabbitMqReceiveEndpointConfigurator endpoint, IServiceProvider provider) : IBroadcastVisitor
    {
        public void Visit<TBroadcast>()
            where TBroadcast : class, IBroadcast =>
            endpoint.Consumer(() => new BroadcastConsumer<TBroadcast>(provider.GetRequiredService<Broadcasts>(), provider.GetRequiredService<HostIdentity>()));
    }

    sealed class LogTopology(IRabbitMqBusFactoryConfigurator configure, QueueNames names) : ILogVisitor
    {
        public void VisitProducer<TEntry>(string component)
            where TEntry : class, ILogEntry
        {
            configure.Message<Logged<TEntry>>(message => message.SetEntityName(names.Log(LogOf<TEntry>.Name)));
            configure.Publish<Logged<TEntry>>(publish => publish.ExchangeType = "direct");
            configure.Send<Logged<TEntry>>(send => send.UseRoutingKeyFormatter(context => QueueNames.Number(context.Message.Partition)));
        }

        public void VisitConsumer<TEntry, TConsumer>(string component)
            where TEntry : class, ILogEntry
            where TConsumer : class, ILogConsumer<TEntry>
        {
        }
    }

    sealed class Visitor(IServiceCollection services, QueueNames names, int partitions) : ILogVisitor, IPartitionedCallVisitor
    {
        public void Visit<TCall, TAnswer, THandler>(string component)
            where TCall : class, ICall<TAnswer>, IRoomCall
            where TAnswer : class
            where THandler : class, IPartitionedCallHandler<TCall, TAnswer>
        {
            services.AddSingleton(provider => new LocalPartitions<TCall, TAnswer>(
                provider.GetRequiredService<THandler>(), partitions, provider.GetRequiredService<ILogger<LocalPartitions<TCall, TAnswer>>>()));
            services.AddSingleton<ILocalPartitions>(provider => provider.GetRequiredService<LocalPartitions<TCall, TAnswer>>());
            services.AddSingleton<IOwnedPartitions>(provider => new OwnedCallPartitions<TCall, TAnswer>(
                component, provider.GetRequiredService<LocalPartitions<TCall, TAnswer>>(), provider.GetRequiredService<ICallBus>(), names, CallConcurrency));
        }

        public void VisitProducer<TEntry>(string component)
            where TEntry : class, ILogEntry =>
            services.TryAddSingleton<IAnnounce<TEntry>>(provider => new RabbitMqAnnounce<TEntry>(
                provider.GetRequiredService<MassTransit.IBus>(), provider.GetRequiredService<ILogger<RabbitMqAnnounce<TEntry>>>()));

        public void VisitConsumer<TEntry, TConsumer>(string component)
            where TEntry : class, ILogEntry
            where TConsumer : class, ILogConsumer<TEntry> =>
            services.AddSingleton<IOwnedPartitions>(provider => new OwnedLogPartitions<TEntry>(
                component, provider.GetRequiredService<TConsumer>(), provider.GetRequiredService<MassTransit.IBus>(), names, provider));
    }
}

/// <summary>How many partitions rooms are spread over; the same on every host of a server.</summary>
sealed record PartitionCount(int Value);
