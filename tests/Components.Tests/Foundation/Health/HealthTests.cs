using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Matrix.Bus.Foundation;
using Matrix.Bus.Harness;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Matrix.Bus.Components.Tests.Foundation.Health;

public sealed class HealthTests
{
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_process_with_its_database_is_ready()
    {
        var postgres = await PrivatePostgres.Shared();
        await using var app = await Start(await postgres.NewDatabase());
        using var http = Client(app);

        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/health/ready")).StatusCode);
        var details = await http.GetFromJsonAsync<JsonElement>("/health");
        Assert.Equal("ok", details.GetProperty("status").GetString());
        Assert.Contains(details.GetProperty("checks").EnumerateArray(), check => check.GetProperty("name").GetString() == "database");
        Assert.Contains("http_server_request_duration_seconds_count", await http.GetStringAsync("/metrics"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_its_database_a_process_is_alive_but_not_ready()
    {
        await using var app = await Start("Host=127.0.0.1;Port=1;Username=nobody;Password=hunter2;Timeout=1");
        using var http = Client(app);

        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/health/live")).StatusCode);
        var ready = await http.GetAsync("/health/ready");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Contains("database", await ready.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", await http.GetStringAsync("/health"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_its_broker_a_process_is_alive_but_not_ready()
    {
        var postgres = await PrivatePostgres.Shared();
        var nowhere = new RabbitMqConnection { Host = "127.0.0.1", Port = 1, Username = "nobody", Password = "hunter2" };
        await using var app = await Start(await postgres.NewDatabase(), services => services.AddRabbitMqBus(nowhere, 4));
        using var http = Client(app);

        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/health/live")).StatusCode);
        var ready = await http.GetAsync("/health/ready");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Contains("bus", await ready.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", await http.GetStringAsync("/health"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_its_broker_a_process_becomes_ready()
    {
        var postgres = await PrivatePostgres.Shared();
        var rabbit = await (await PrivateRabbitMq.Shared()).NewVirtualHost();
        var there = new RabbitMqConnection
        {
            Host = "127.0.0.1",
            Port = (ushort)rabbit.Port,
            VirtualHost = rabbit.VirtualHost,
            Username = rabbit.Username,
            Password = rabbit.Password,
        };
        await using var app = await Start(await postgres.NewDatabase(), services => services.AddRabbitMqBus(there, 4));
        using var http = Client(app);

        await Wait.Until(async () => (await http.GetAsync("/health/ready")).IsSuccessStatusCode, s_patience);
    }

    [Fact]
    public async Task A_second_process_on_the_in_memory_bus_is_refused()
    {
        var database = await (await PrivatePostgres.Shared()).NewDatabase();
        var first = await Start(database, services => services.AddProcessGuard(BusTransport.InMemory));

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => Start(database, services => services.AddProcessGuard(BusTransport.InMemory)));
        Assert.Contains("one process", refused.Message, StringComparison.Ordinal);
        refused = await Assert.ThrowsAsync<InvalidOperationException>(() => Start(database, services => services.AddProcessGuard(BusTransport.RabbitMq)));
        Assert.Contains("RabbitMq", refused.Message, StringComparison.Ordinal);

        await first.DisposeAsync();
        await using var next = await Start(database, services => services.AddProcessGuard(BusTransport.RabbitMq));
        await using var beside = await Start(database, services => services.AddProcessGuard(BusTransport.RabbitMq));
    }

    static async Task<WebApplication> Start(string database, Action<IServiceCollection>? add = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddFoundation(_ => _ => database);
        builder.Services.AddMatrixBusOptions(builder.Configuration);
        builder.Services.AddTelemetry(new MatrixBusOptions());
        add?.Invoke(builder.Services);
        if (add is not null)
            await using (var pool = new DataSources(_ => database))
                await new Migrations(pool, [], Microsoft.Extensions.Logging.Abstractions.NullLogger<Migrations>.Instance).Apply(CancellationToken.None);
        var app = builder.Build();
        app.MapTelemetry();
        try
        {
            await app.StartAsync();
            return app;
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    static HttpClient Client(WebApplication app) => new() { BaseAddress = new Uri(app.Urls.First()), Timeout = s_patience };
}
