using Matrix.Bus.Foundation;
using Matrix.Bus.Harness;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using EventId = Matrix.Bus.Protocol.EventId;

namespace Matrix.Bus.RoomServer.Tests;

/// <summary>The room server alone in a process, over a database that outlives it.</summary>
public sealed class RoomTestServer : IAsyncDisposable
{
    readonly IHost _host;
    readonly TemporaryDirectory _directory;
    readonly bool _ownsDirectory;

    RoomTestServer(IHost host, string database, TemporaryDirectory directory, bool ownsDirectory) =>
        (_host, Database, _directory, _ownsDirectory) = (host, database, directory, ownsDirectory);

    public static ServerName ServerName { get; } = ServerName.Parse("test.example");

    public string Database { get; }

    public IServiceProvider Services => _host.Services;

    public ICalls Calls => Services.GetRequiredService<ICalls>();

    /// <summary>Everything that was announced, in the order of each partition, as a consumer gets it.</summary>
    public RecordingConsumer Consumer => Services.GetRequiredService<RecordingConsumer>();

    public NpgsqlDataSource Db => Services.GetRequiredService<DataSources>().Of(ComponentNames.RoomServer);

    /// <summary>A server on a fresh database, on that of another one, or on one that is named.</summary>
    public static async Task<RoomTestServer> Start(
        RoomTestServer? over = null, int partitions = 4, Action<IServiceCollection>? afterBus = null, string? database = null)
    {
        database ??= over?.Database ?? await (await PrivatePostgres.Shared()).NewDatabase();
        var directory = over?._directory ?? new TemporaryDirectory();
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["MatrixBus:ServerName"] = ServerName.Value,
            ["MatrixBus:DataDirectory"] = directory.Directory,
        });
        builder.Services.AddLogging();
        builder.Services.AddFoundation(_ => _ => database);
        builder.Services.AddComponent<RoomServerComponent>(builder.Configuration);
        RecordingConsumer.Register(new ComponentBuilder("Recorder", builder.Services, builder.Configuration));
        NoProfiles.Register(new ComponentBuilder("UserApi", builder.Services, builder.Configuration));
        builder.Services.AddInProcessBus(partitions);
        afterBus?.Invoke(builder.Services);
        var host = builder.Build();
        await host.Services.GetRequiredService<Migrations>().Apply(CancellationToken.None);
        await host.StartAsync();
        return new RoomTestServer(host, database, directory, over is null);
    }

    public Task<InputOutcome> Input(RoomId room, params InputEvent[] events) =>
        Calls.Ask(new InputRoomEvents { RoomId = room, Events = events }, CancellationToken.None);

    public Task<TAnswer> Ask<TAnswer>(ICall<TAnswer> call)
        where TAnswer : class =>
        Calls.Ask(call, CancellationToken.None);

    /// <summary>Inputs one draft; its event id.</summary>
    public async Task<EventId> Send(RoomId room, Draft draft) => (await Input(room, A.Input(draft))).Events[0].EventId;

    /// <summary>A room with its creator in it, and power levels and join rules.</summary>
    public async Task<RoomId> CreateRoom(UserId creator, string version = "12", string joinRule = "public", params UserId[] joined)
    {
        var call = await A.Creation(this, creator, version, joinRule);
        await Calls.Ask(call, CancellationToken.None);
        foreach (var user in joined)
            await Send(call.RoomId, A.Join(user));
        return call.RoomId;
    }

    public async Task<long> Count(string sql)
    {
        await using var command = Db.CreateCommand(sql);
        return Convert.ToInt64(await command.ExecuteScalarAsync(), System.Globalization.CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        if (_host is IAsyncDisposable disposable)
            await disposable.DisposeAsync();
        if (_ownsDirectory)
            _directory.Dispose();
    }
}
