using System.Text.Json;
using Matrix.Bus.Messages;
using Microsoft.Extensions.DependencyInjection;
using RabbitMQ.Client;

namespace Matrix.Bus.Foundation;

/// <summary>A queue we expect on the broker.</summary>
/// <param name="Name">Its name, that of its fanout exchange too.</param>
/// <param name="SingleActiveConsumer">One host at a time reads it.</param>
/// <param name="MaxLength">Where the oldest is dropped; null for no bound.</param>
/// <param name="Log">The log exchange it is bound to, for a consumer of a log.</param>
/// <param name="RoutingKey">The partition, for a consumer of a log.</param>
public sealed record ExpectedQueue(string Name, bool SingleActiveConsumer, int? MaxLength, string? Log, string? RoutingKey);

/// <summary>Every lasting exchange and queue of a server, worked out from what its components answer, produce and consume.</summary>
/// <remarks>Hosts declare what they use by themselves; this is for operators who declare first, with a user that may, and run the
/// server with one that may not, and for comparing what should be with what is.</remarks>
public sealed class RabbitMqTopology
{
    readonly List<ExpectedQueue> _queues = [];
    readonly List<string> _logs = [];

    RabbitMqTopology()
    {
    }

    /// <summary>The queues.</summary>
    public IReadOnlyList<ExpectedQueue> Queues => _queues;

    /// <summary>The direct exchanges of logs.</summary>
    public IReadOnlyList<string> Logs => _logs;

    /// <summary>The topology of the components registered in <paramref name="services"/>.</summary>
    public static RabbitMqTopology Of(IServiceCollection services, string prefix, int partitions)
    {
        var topology = new RabbitMqTopology();
        var names = new QueueNames(prefix);
        var logs = InProcessBus.Registered<LogProducerRegistration>(services).ToList();
        var answering = InProcessBus.Registered<CallRegistration>(services).Select(call => call.Component).Concat(logs.Select(log => log.Component)).Distinct();
        topology._queues.AddRange(answering.Select(component => new ExpectedQueue(names.Calls(component), false, null, null, null)));
        topology._logs.AddRange(logs.Select(log => names.Log(log.Log)).Distinct());

        var visitor = new Visitor(topology._queues, names, partitions);
        foreach (var call in InProcessBus.Registered<PartitionedCallRegistration>(services))
            call.Accept(visitor);
        foreach (var log in InProcessBus.Registered<LogConsumerRegistration>(services))
            log.Accept(visitor);
        return topology;
    }

    /// <summary>Declares all of it; what is there already in the same form stays as it is.</summary>
    /// <exception cref="RabbitMQ.Client.Exceptions.OperationInterruptedException">Something is there in another form.</exception>
    public async Task Declare(RabbitMqConnection rabbit, CancellationToken cancel)
    {
        var factory = new ConnectionFactory
        {
            HostName = rabbit.Host,
            Port = rabbit.Port,
            VirtualHost = rabbit.VirtualHost,
            UserName = rabbit.Username,
            Password = rabbit.Password,
            ClientProvidedName = rabbit.ConnectionName,
        };
        if (rabbit.Tls)
            factory.Ssl = new SslOption { Enabled = true, ServerName = rabbit.Host };
        await using var connection = await factory.CreateConnectionAsync(cancel);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancel);
        foreach (var log in Logs)
            await channel.ExchangeDeclareAsync(log, ExchangeType.Direct, durable: true, cancellationToken: cancel);
        foreach (var queue in Queues)
        {
            await channel.ExchangeDeclareAsync(queue.Name, ExchangeType.Fanout, durable: true, cancellationToken: cancel);
            await channel.QueueDeclareAsync(queue.Name, durable: true, exclusive: false, autoDelete: false, Arguments(queue), cancellationToken: cancel);
            await channel.QueueBindAsync(queue.Name, queue.Name, "", cancellationToken: cancel);
            if (queue is { Log: { } log, RoutingKey: { } key })
            {
                await channel.ExchangeDeclareAsync(log, ExchangeType.Direct, durable: true, cancellationToken: cancel);
                await channel.ExchangeBindAsync(queue.Name, log, key, cancellationToken: cancel);
            }
        }
    }

    /// <summary>The same as a definitions file that RabbitMQ imports.</summary>
    public string Definitions(string virtualHost)
    {
        var exchanges = Logs.Select(log => new { name = log, vhost = virtualHost, type = "direct", durable = true, auto_delete = false, @internal = false, arguments = new { } })
            .Concat(Queues.Select(queue => new { name = queue.Name, vhost = virtualHost, type = "fanout", durable = true, auto_delete = false, @internal = false, arguments = new { } }));
        var queues = Queues.Select(queue => new { name = queue.Name, vhost = virtualHost, durable = true, auto_delete = false, arguments = Arguments(queue) });
        var bindings = Queues.Select(queue => new { source = queue.Name, vhost = virtualHost, destination = queue.Name, destination_type = "queue", routing_key = "", arguments = new { } })
            .Concat(Queues.Where(queue => queue.Log is not null)
                .Select(queue => new { source = queue.Log!, vhost = virtualHost, destination = queue.Name, destination_type = "exchange", routing_key = queue.RoutingKey!, arguments = new { } }));
        return JsonSerializer.Serialize(new { exchanges, queues, bindings }, new JsonSerializerOptions { WriteIndented = true });
    }

    static Dictionary<string, object?> Arguments(ExpectedQueue queue)
    {
        var arguments = new Dictionary<string, object?>();
        if (queue.SingleActiveConsumer)
            arguments["x-single-active-consumer"] = true;
        if (queue.MaxLength is { } length)
            arguments["x-max-length"] = length;
        return arguments;
    }

    sealed class Visitor(List<ExpectedQueue> queues, QueueNames names, int partitions) : ILogVisitor, IPartitionedCallVisitor
    {
        public void Visit<TCall, TAnswer, THandler>(string component)
            where TCall : class, ICall<TAnswer>, IRoomCall
            where TAnswer : class
            where THandler : class, IPartitionedCallHandler<TCall, TAnswer> =>
            queues.AddRange(Enumerable.Range(0, partitions).Select(partition => new ExpectedQueue(names.PartitionCalls(component, partition), true, null, null, null)));

        public void VisitProducer<TEntry>(string component)
            where TEntry : class, ILogEntry
        {
        }

        public void VisitConsumer<TEntry, TConsumer>(string component)
            where TEntry : class, ILogEntry
            where TConsumer : class, ILogConsumer<TEntry>
        {
            var log = LogOf<TEntry>.Name;
            queues.AddRange(Enumerable.Range(0, partitions).Select(partition => new ExpectedQueue(
                names.LogQueue(log, component, partition), true, QueueNames.MaxLogQueueLength, names.Log(log), QueueNames.Number(partition))));
        }
    }
}
