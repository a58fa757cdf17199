using System.Collections.Concurrent;
using MassTransit;
using Matrix.Bus.Foundation;
using Matrix.Bus.Harness;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Matrix.Bus.Components.Tests.Foundation.Sagas;

/// <summary>A server process of one component that runs errands, and the database and broker it stands on, which outlive it.</summary>
public sealed class ErrandHost : IAsyncDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    readonly BusTransport _transport;
    readonly RabbitMqAccess? _rabbit;
    readonly string _database;
    readonly ConcurrencyMode _concurrency;
    readonly NpgsqlDataSource _db;
    IHost? _host;

    ErrandHost(BusTransport transport, string database, RabbitMqAccess? rabbit, ConcurrencyMode concurrency) =>
        (_transport, _database, _rabbit, _concurrency, _db) = (transport, database, rabbit, concurrency, NpgsqlDataSource.Create(database + ";Application Name=test"));

    public ManualClock Clock { get; } = new();

    public IServiceProvider Services => _host!.Services;

    /// <summary>Deliveries that were handled, or dropped as repeats.</summary>
    public Deliveries Deliveries { get; } = new();

    public static async Task<ErrandHost> Start(BusTransport transport, ConcurrencyMode concurrency = ConcurrencyMode.Pessimistic)
    {
        var postgres = await PrivatePostgres.Shared();
        var rabbit = transport == BusTransport.RabbitMq ? await (await PrivateRabbitMq.Shared()).NewVirtualHost() : null;
        var errands = new ErrandHost(transport, await postgres.NewDatabase(), rabbit, concurrency);
        await errands.Execute(ErrandsDb.Schema);
        await errands.StartProcess();
        return errands;
    }

    /// <summary>A second process on the same database and broker.</summary>
    public async Task<ErrandHost> Another()
    {
        var another = new ErrandHost(_transport, _database, _rabbit, _concurrency);
        await another.StartProcess();
        return another;
    }

    public async Task StartProcess()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddSimpleConsole();
        builder.Services.AddSingleton<TimeProvider>(Clock);
        builder.Services.AddFoundation(_ => _ => _database);
        var component = new ComponentBuilder("Errands", builder.Services, new ConfigurationBuilder().Build());
        component.Saga<ErrandStateMachine, Errand, ErrandsDb>(_concurrency);
        component.Activity<EndedConsumer, ErrandsDb>();
        if (_rabbit is null)
        {
            builder.Services.AddInProcessBus(4);
        }
        else
        {
            builder.Services.AddRabbitMqBus(
                new RabbitMqConnection
                {
                    Host = "127.0.0.1",
                    Port = (ushort)_rabbit.Port,
                    VirtualHost = _rabbit.VirtualHost,
                    Username = _rabbit.Username,
                    Password = _rabbit.Password,
                },
                4);
        }
        builder.Services.UseBusOutbox<ErrandsDb>();
        _host = builder.Build();
        await _host.Services.GetRequiredService<Migrations>().Apply(CancellationToken.None);
        await _host.StartAsync();
        _host.Services.GetRequiredService<IBus>().ConnectConsumeObserver(Deliveries);
        await Wait.Until(() => _host.Services.GetRequiredService<IBusControl>().CheckHealth().Status == BusHealthStatus.Healthy, Patience);
    }

    public async Task StopProcess()
    {
        if (_host is null)
            return;
        await _host.StopAsync();
        _host.Dispose();
        _host = null;
    }

    public Task Publish<T>(T message)
        where T : class =>
        Services.GetRequiredService<IBus>().Publish(message);

    public async Task<Guid> Begin(TimeSpan? patience = null, string room = "!room:example.org")
    {
        var id = Guid.NewGuid();
        await Publish(new ErrandBegun(id, room, patience ?? TimeSpan.FromHours(1)));
        await WaitFor($"SELECT count(*) FROM errand WHERE correlation_id = '{id}' AND state = 'Waiting'", 1);
        return id;
    }

    public Task WaitFor(string countSql, long count) => Wait.Until(async () => await Count(countSql) == count, Patience, what: $"{countSql} is {count}");

    public async Task<long> Count(string sql) => await Scalar<long>(sql);

    public async Task<T> Scalar<T>(string sql)
    {
        await using var command = _db.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public async Task Execute(string sql)
    {
        await using var command = _db.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    public NpgsqlDataSource Database => _db;

    /// <summary>Ends every session of the processes.</summary>
    public Task CutConnections() => Execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name <> 'test'");

    public async ValueTask DisposeAsync()
    {
        await StopProcess();
        await _db.DisposeAsync();
    }
}

/// <summary>Counts the deliveries of each message type whose handling has ended.</summary>
public sealed class Deliveries : IConsumeObserver
{
    readonly ConcurrentDictionary<Type, int> _counts = new();

    public int Of<T>() => _counts.GetValueOrDefault(typeof(T));

    public Task PreConsume<T>(ConsumeContext<T> context)
        where T : class =>
        Task.CompletedTask;

    public Task PostConsume<T>(ConsumeContext<T> context)
        where T : class
    {
        _counts.AddOrUpdate(typeof(T), 1, (_, count) => count + 1);
        return Task.CompletedTask;
    }

    public Task ConsumeFault<T>(ConsumeContext<T> context, Exception exception)
        where T : class =>
        Task.CompletedTask;
}
