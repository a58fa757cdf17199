using System.Buffers;
using System.Text.Json;
using Matrix.Bus.Foundation;
using Matrix.Bus.Harness;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Messages.Sync;
using Matrix.Bus.Protocol;
using Matrix.Bus.Sync;
using Matrix.Bus.Sync.Api;
using Matrix.Bus.Sync.Consumers;
using Matrix.Bus.Sync.Domain;
using Matrix.Bus.Sync.Live;
using Matrix.Bus.Sync.Reading;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace Matrix.Bus.Components.Tests.Sync;

/// <summary>A process that runs Sync alone, on a database that several may share.</summary>
sealed class SyncHost : IAsyncDisposable
{
    readonly ServiceProvider _provider;
    readonly Dictionary<int, long> _checkpoints = [];

    SyncHost(ServiceProvider provider) => _provider = provider;

    public NpgsqlDataSource Db => _provider.GetRequiredKeyedService<NpgsqlDataSource>(ComponentNames.Sync);

    public LiveStream Live => _provider.GetRequiredService<LiveStream>();

    public static async Task<SyncHost> Start(string database, Relay? relay = null)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton(new MatrixBusOptions());
        services.AddFoundation(_ => _ => database);
        if (relay is not null)
            services.AddSingleton<IRemoteBroadcasts>(relay);
        services.AddComponent<SyncComponent>(new ConfigurationBuilder().Build());
        var provider = services.BuildServiceProvider();
        await provider.GetRequiredService<Migrations>().Apply(CancellationToken.None);
        relay?.Hosts.Add(provider.GetRequiredService<Broadcasts>());
        return new SyncHost(provider);
    }

    public static async Task<string> NewDatabase() => await (await PrivatePostgres.Shared()).NewDatabase();

    /// <summary>Hands entries of one partition to the consumer, as a follower of the log does.</summary>
    public async Task Take(IReadOnlyList<Logged<OutputRoomEvent>> entries)
    {
        foreach (var partition in entries.GroupBy(entry => entry.Partition))
        {
            var consumer = _provider.GetRequiredService<RoomEvents>();
            var at = await consumer.Attach(partition.Key, CancellationToken.None);
            var fresh = partition.Where(entry => entry.Position > at).ToList();
            if (fresh.Count > 0)
                await consumer.Handle(new LogBatch<OutputRoomEvent>(partition.Key, at, fresh[^1].Position, fresh), CancellationToken.None);
        }
    }

    /// <summary>Everything a room's log says that this host was not given yet.</summary>
    public Task Take(RoomLog room) => Take(room.Entries);

    /// <summary>Hands a batch over with a checkpoint that the caller believes in.</summary>
    public Task Take(int partition, long after, IReadOnlyList<Logged<OutputRoomEvent>> entries) =>
        _provider.GetRequiredService<RoomEvents>().Handle(new LogBatch<OutputRoomEvent>(partition, after, entries.Count > 0 ? entries[^1].Position : after, entries), CancellationToken.None);

    public Task TakeData(int partition, long after, params Messages.Users.OutputClientData[] entries) =>
        _provider.GetRequiredService<ClientData>().Handle(new LogBatch<Messages.Users.OutputClientData>(partition, after, after + entries.Length,
            [.. entries.Select((entry, i) => new Logged<Messages.Users.OutputClientData> { Partition = partition, Position = after + i + 1, Entry = entry })]), CancellationToken.None);

    public Task<long> AttachData(int partition) => _provider.GetRequiredService<ClientData>().Attach(partition, CancellationToken.None);

    /// <summary>Syncs as a client.</summary>
    public async Task<Answer> Sync(string user, string? since = null, string? filter = null, int timeout = 0, bool fullState = false,
        bool stateAfter = false, string device = "D", CancellationToken cancel = default)
    {
        var request = new SyncRequest
        {
            UserId = UserId.Parse(user),
            DeviceId = device,
            Since = since is null ? null : SyncToken.Parse(since).Position,
            FullState = fullState,
            UseStateAfter = stateAfter,
            Filter = filter is null ? SyncFilter.None : SyncFilter.Read(System.Text.Encoding.UTF8.GetBytes(filter)),
        };
        var (answer, bundles) = await _provider.GetRequiredService<SyncEndpoint>().Answer(request, TimeSpan.FromMilliseconds(timeout), cancel);
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
            SyncResponse.Write(writer, answer, bundles, request, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
        return new Answer(JsonElement.Parse(buffer.WrittenSpan));
    }

    public async ValueTask DisposeAsync() => await _provider.DisposeAsync();
}

/// <summary>Carries broadcasts between hosts of a test.</summary>
sealed class Relay : IRemoteBroadcasts
{
    public List<Broadcasts> Hosts { get; } = [];

    public bool Lost { get; set; }

    public void Tell<TBroadcast>(TBroadcast broadcast)
        where TBroadcast : class, IBroadcast
    {
        if (Lost)
            return;
        foreach (var host in Hosts)
            host.HearHere(broadcast);
    }
}

/// <summary>A response of sync, with words for what tests ask.</summary>
sealed class Answer(JsonElement json)
{
    public JsonElement Json { get; } = json;

    public string Next => Json.GetProperty("next_batch").GetString()!;

    public long Position => SyncToken.Parse(Next).Position;

    public JsonElement? Room(string room, string section = "join") =>
        Json.TryGetProperty("rooms", out var rooms) && rooms.TryGetProperty(section, out var of) && of.TryGetProperty(room, out var found) ? found : null;

    public JsonElement Joined(string room) => Room(room) ?? throw new InvalidOperationException($"{room} is not among the joined rooms of {Json}");

    public List<JsonElement> Timeline(string room, string section = "join") =>
        Room(room, section) is { } found ? [.. found.GetProperty("timeline").GetProperty("events").EnumerateArray()] : [];

    public List<JsonElement> State(string room, string section = "join", string name = "state") =>
        Room(room, section) is { } found ? [.. found.GetProperty(name).GetProperty("events").EnumerateArray()] : [];

    public List<string> Bodies(string room, string section = "join") =>
        [.. Timeline(room, section).Select(e => e.GetProperty("content")).Where(c => c.TryGetProperty("body", out _)).Select(c => c.GetProperty("body").GetString()!)];

    public List<string> StateTypes(string room, string section = "join", string name = "state") =>
        [.. State(room, section, name).Select(e => e.GetProperty("type").GetString()! + "|" + e.GetProperty("state_key").GetString())];

    public bool Limited(string room, string section = "join") => Room(room, section)!.Value.GetProperty("timeline").GetProperty("limited").GetBoolean();
}
