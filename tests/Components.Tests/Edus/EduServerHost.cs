using Matrix.Bus.ClientApi;
using Matrix.Bus.Clients;
using Matrix.Bus.EduServer;
using Matrix.Bus.Foundation;
using Matrix.Bus.Harness;
using Matrix.Bus.Receipts;
using Matrix.Bus.RoomServer;
using Matrix.Bus.Sync;
using Matrix.Bus.UserApi;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Matrix.Bus.Components.Tests.Edus;

/// <summary>A whole server in this process, on Kestrel with a database of its own; the tests of a class share it and make their
/// own users and rooms.</summary>
public sealed class EduServerHost : IAsyncLifetime
{
    const string Secret = "the shared secret of the tests";

    readonly TemporaryDirectory _directory = new();
    WebApplication _app = null!;
    int _users;

    public Homeserver Home { get; private set; } = null!;

    public ICalls Calls => _app.Services.GetRequiredService<ICalls>();

    public IServiceProvider Services => _app.Services;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["MatrixBus:ServerName"] = "test",
            ["MatrixBus:DataDirectory"] = _directory.Directory,
            ["MatrixBus:Registration:SharedSecret"] = Secret,
            ["MatrixBus:Passwords:Cost"] = "Minimal",
            ["MatrixBus:RateLimits:Enabled"] = "false",
            ["MatrixBus:Bus:Partitions"] = "4",
        });
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var database = await (await PrivatePostgres.Shared()).NewDatabase();
        builder.Services.AddMatrixBusOptions(builder.Configuration);
        builder.Services.AddFoundation(_ => _ => database);
        builder.Services.AddComponent<ClientApiComponent>(builder.Configuration);
        builder.Services.AddComponent<SyncComponent>(builder.Configuration);
        builder.Services.AddComponent<RoomServerComponent>(builder.Configuration);
        builder.Services.AddComponent<UserApiComponent>(builder.Configuration);
        builder.Services.AddComponent<EduServerComponent>(builder.Configuration);
        builder.Services.AddComponent<ReceiptsComponent>(builder.Configuration);
        builder.Services.AddInProcessBus(4);
        _app = builder.Build();
        _app.UseMatrixHttp();
        _app.UseRouting();
        _app.MapComponents();
        await _app.Services.GetRequiredService<Migrations>().Apply(CancellationToken.None);
        await _app.StartAsync();
        Home = new Homeserver(new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()));
    }

    /// <summary>Somebody new.</summary>
    internal async Task<Person> Somebody(string name) =>
        new(await Clients.Account.Register(Home, Secret, $"{name}{Interlocked.Increment(ref _users)}", "a good password", TestContext.Current.CancellationToken));

    public async ValueTask DisposeAsync()
    {
        Home.Dispose();
        await _app.DisposeAsync();
        _directory.Dispose();
    }
}
