using Matrix.Bus.Foundation;
using Matrix.Bus.Hosts;

namespace Matrix.Bus.Tool.Commands;

/// <summary><c>deploy-topology [--print]</c></summary>
static class DeployTopology
{
    public const string Usage = "deploy-topology [--print]";

    public static async Task<int> Run(string[] args)
    {
        var arguments = new ToolArguments(args, Usage, "print");
        var options = arguments.Options;
        var services = new ServiceCollection();
        foreach (var component in AllComponents.Entries)
            component.Add(services, arguments.Configuration);
        var topology = RabbitMqTopology.Of(services, options.Bus.RabbitMq.Prefix, options.Bus.Partitions);

        if (arguments.Has("print"))
        {
            Console.WriteLine(topology.Definitions(options.Bus.RabbitMq.VirtualHost));
            return 0;
        }
        if (options.Bus.Transport != BusTransport.RabbitMq)
            throw new UsageException("MatrixBus:Bus:Transport is not RabbitMq: there is no broker to deploy to.");
        await topology.Declare(Broker.Connection(options), CancellationToken.None);
        Console.WriteLine($"Declared {topology.Queues.Count} queues and {topology.Logs.Count} logs under '{options.Bus.RabbitMq.Prefix}'.");
        return 0;
    }
}
