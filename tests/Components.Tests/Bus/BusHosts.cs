using System.Text.Json;
using Matrix.Bus.Foundation;
using Matrix.Bus.Harness;
using Matrix.Bus.Protocol;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Matrix.Bus.Components.Tests.Bus;

/// <summary>The two shapes a server comes in.</summary>
public enum BusShape
{
    /// <summary>One host, everything in process.</summary>
    One,

    /// <summary>Hosts that meet over RabbitMQ.</summary>
    Split,
}

/// <summary>Hosts of one server of the tests, on real PostgreSQL and, when split, real RabbitMQ.</summary>
sealed class BusHosts(BusShape shape, string connectionString, RabbitMqAccess? rabbit) : IAsyncDisposable
{
    public const int Partitions = 8;

    readonly List<IHost> _hosts = [];

    public BusShape Shape => shape;

    public static async Task<BusHosts> Create(BusShape shape)
    {
        var postgres = await PrivatePostgres.Shared(TestContext.Current.CancellationToken);
        var database = await postgres.NewDatabase(TestContext.Current.CancellationToken);
        var rabbit = shape == BusShape.Split
            ? await (await PrivateRabbitMq.Shared(TestContext.Current.CancellationToken)).NewVirtualHost(TestContext.Current.CancellationToken)
            : null;
        return new BusHosts(shape, database, rabbit);
    }

    /// <summary>Starts a host with these components; in one process, all of them together.</summary>
    public async Task<IHost> Start(string name, params Action<IServiceCollection, IConfiguration>[] components)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.AddSimpleConsole(console => console.SingleLine = true).SetMinimumLevel(LogLevel.Warning).AddFilter("Matrix.Bus", LogLevel.Information);
        builder.Services.AddFoundation(_ => _ => connectionString);
        builder.Services.AddSingleton(new HostName(name));
        builder.Services.AddSingleton<Faults>();
        foreach (var add in components)
            add(builder.Services, builder.Configuration);
        if (rabbit is null)
        {
            builder.Services.AddInProcessBus(Partitions);
        }
        else
        {
            builder.Services.AddRabbitMqBus(Connection(name), Partitions);
        }
        var host = builder.Build();
        await host.Services.GetRequiredService<Migrations>().Apply(TestContext.Current.CancellationToken);
        await host.StartAsync(TestContext.Current.CancellationToken);
        _hosts.Add(host);
        return host;
    }

    /// <summary>The two components where the shape puts them: (writer's host, reader's host), the same host in one process.</summary>
    public async Task<(IHost Writer, IHost Reader)> StartBoth()
    {
        if (Shape == BusShape.One)
        {
            var one = await Start("one", Component<Notebook>, Component<Reader>);
            return (one, one);
        }
        return (await Start("writer", Component<Notebook>), await Start("reader", Component<Reader>));
    }

    /// <summary>Declares what hosts with both components need, before any of them runs.</summary>
    public async Task<RabbitMqTopology> Deploy()
    {
        var services = new ServiceCollection();
        var configuration = new ConfigurationManager();
        Component<Notebook>(services, configuration);
        Component<Reader>(services, configuration);
        var topology = RabbitMqTopology.Of(services, "test", Partitions);
        await topology.Declare(Connection("deploy"), TestContext.Current.CancellationToken);
        return topology;
    }

    /// <summary>The lasting queues that the broker has for this server.</summary>
    public async Task<IReadOnlyList<string>> LastingQueues()
    {
        var broker = await PrivateRabbitMq.Shared(TestContext.Current.CancellationToken);
        var queues = JsonElement.Parse(await broker.Management.GetStringAsync($"api/queues/{rabbit!.VirtualHost}", TestContext.Current.CancellationToken));
        return [.. queues.EnumerateArray().Select(queue => queue.GetProperty("name").GetString()!).Where(name => !name.StartsWith("test.host.", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
    }

    RabbitMqConnection Connection(string name) => new()
    {
        Host = "127.0.0.1",
        Port = (ushort)rabbit!.Port,
        VirtualHost = rabbit.VirtualHost,
        Username = rabbit.Username,
        Password = rabbit.Password,
        Prefix = "test",
        ConnectionName = name,
    };

    public static void Component<TComponent>(IServiceCollection services, IConfiguration configuration)
        where TComponent : IComponent => services.AddComponent<TComponent>(configuration);

    public async Task<T> Scalar<T>(string sql)
    {
        await using var db = NpgsqlDataSource.Create(connectionString);
        await using var command = db.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }

    /// <summary>The collected lines of a room in the order they were collected.</summary>
    public async Task<IReadOnlyList<string>> Collected(RoomId room)
    {
        await using var db = NpgsqlDataSource.Create(connectionString);
        await using var command = db.CreateCommand("SELECT text FROM reader.line WHERE room = $1 ORDER BY id");
        command.Parameters.AddWithValue(room.Value);
        await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var lines = new List<string>();
        while (await reader.ReadAsync(TestContext.Current.CancellationToken))
            lines.Add(reader.GetString(0));
        return lines;
    }

    /// <summary>Ends a host in good order.</summary>
    public async Task Stop(IHost host)
    {
        _hosts.Remove(host);
        await host.StopAsync(TestContext.Current.CancellationToken);
        host.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            await host.StopAsync();
            host.Dispose();
        }
    }
}
