using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Matrix.Bus.Components.Tests.Sync;
using Matrix.Bus.Foundation;
using Matrix.Bus.Harness;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Edus;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Messages.Users;
using Matrix.Bus.Protocol;
using Matrix.Bus.Sync;
using Matrix.Bus.Sync.Consumers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Matrix.Bus.Components.Tests.Timeline;

/// <summary>Sync behind HTTP, with stand-ins for the components it asks: whose token (a token is its user's id, perhaps with a
/// device), and how far the rooms' log has come.</summary>
public sealed class TimelineServer : IAsyncLifetime
{
    readonly List<Logged<OutputRoomEvent>> _undelivered = [];
    readonly Dictionary<RoomLog, int> _told = [];
    WebApplication _app = null!;
    HttpClient _http = null!;
    long _delivered;
    long _data;
    long _typing;

    /// <summary>Set to another server's for a second host of the same.</summary>
    internal string? Database { get; set; }

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["MatrixBus:ServerName"] = "here",
            ["MatrixBus:Bus:Partitions"] = "1",
        });
        builder.Logging.ClearProviders().AddConsole().SetMinimumLevel(LogLevel.Error);
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var database = Database ??= await (await PrivatePostgres.Shared()).NewDatabase();
        builder.Services.AddMatrixBusOptions(builder.Configuration);
        builder.Services.AddFoundation(_ => _ => database);
        builder.Services.AddComponent<SyncComponent>(builder.Configuration);
        builder.Services.AddComponent<StandIns>(builder.Configuration);
        _app = builder.Build();
        _app.UseMatrixHttp();
        _app.UseRouting();
        _app.MapComponents();
        await _app.Services.GetRequiredService<Migrations>().Apply(CancellationToken.None);
        await _app.StartAsync();
        await _app.Services.GetRequiredService<RoomEvents>().Attach(0, CancellationToken.None);
        await _app.Services.GetRequiredService<ClientData>().Attach(0, CancellationToken.None);
        var url = _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        _http = new HttpClient { BaseAddress = new Uri(url) };
    }

    /// <summary>What the room's log says reaches RoomServer's log and Sync.</summary>
    internal Task Tell(RoomLog room)
    {
        Commit(room);
        return Deliver();
    }

    /// <summary>It reaches RoomServer's log, not Sync yet.</summary>
    internal void Commit(RoomLog room)
    {
        var head = _app.Services.GetRequiredService<LogHead>();
        foreach (var entry in room.Entries.Skip(_told.GetValueOrDefault(room)))
            _undelivered.Add(entry with { Partition = 0, Position = ++head.Position });
        _told[room] = room.Entries.Count;
    }

    /// <summary>What was committed reaches Sync.</summary>
    internal async Task Deliver()
    {
        if (_undelivered.Count == 0)
            return;
        var batch = new LogBatch<OutputRoomEvent>(0, _delivered, _undelivered[^1].Position, [.. _undelivered]);
        _delivered = batch.UpTo;
        _undelivered.Clear();
        await _app.Services.GetRequiredService<RoomEvents>().Handle(batch, CancellationToken.None);
    }

    /// <summary>That a user types, or does not any more, reaches Sync.</summary>
    internal void Type(string room, string user, bool typing) =>
        _app.Services.GetRequiredService<Matrix.Bus.Sync.Consumers.Typing>().Hear(new OutputTyping
        {
            RoomId = RoomId.Parse(room),
            UserId = UserId.Parse(user),
            Typing = typing,
            Timeout = 60_000,
            Version = ++_typing,
        });

    /// <summary>A user's account data reaches Sync.</summary>
    internal Task TellData(string user, string? room, string type, string content) =>
        _app.Services.GetRequiredService<ClientData>().Handle(new LogBatch<OutputClientData>(0, _data, ++_data,
        [
            new Logged<OutputClientData>
            {
                Partition = 0, Position = _data,
                Entry = new OutputClientData
                {
                    UserId = UserId.Parse(user), RoomId = room is null ? null : RoomId.Parse(room), Type = type,
                    Content = new RawJson(System.Text.Encoding.UTF8.GetBytes(content)),
                },
            },
        ]), CancellationToken.None);

    /// <summary>Asks; the path is under /_matrix/client/v3/ unless it begins with a slash.</summary>
    internal async Task<Response> Get(string user, string path, string device = "D")
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path.StartsWith('/') ? path : "/_matrix/client/v3/" + path);
        return await Send(request, user, device);
    }

    internal async Task<Response> Post(string user, string path, object body, string device = "D")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path);
        request.Content = body is string text
            ? new StringContent(text, System.Text.Encoding.UTF8, "application/json")
            : JsonContent.Create(body, options: new JsonSerializerOptions { PropertyNamingPolicy = null });
        return await Send(request, user, device);
    }

    async Task<Response> Send(HttpRequestMessage request, string user, string device)
    {
        _app.Services.GetRequiredService<Tokens>().Add(user, device);
        request.Headers.Authorization = new("Bearer", $"{user}/{device}");
        using var response = await _http.SendAsync(request);
        var bytes = await response.Content.ReadAsByteArrayAsync();
        return new Response(response.StatusCode, bytes.Length == 0 ? default : JsonElement.Parse(bytes));
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.DisposeAsync();
    }

    /// <summary>Status and body.</summary>
    internal sealed record Response(HttpStatusCode Status, JsonElement Json)
    {
        public JsonElement this[string name] => Json.GetProperty(name);

        public Response Ok()
        {
            Assert.True(Status == HttpStatusCode.OK, $"{Status}: {Json}");
            return this;
        }

        public Response Refused(int status, string errcode)
        {
            Assert.True((int)Status == status, $"{Status}: {Json}");
            Assert.Equal(errcode, Json.GetProperty("errcode").GetString());
            return this;
        }

        public string? Text(string name) => Json.TryGetProperty(name, out var value) ? value.GetString() : null;

        /// <summary>The ids of an array of events.</summary>
        public List<string> Ids(string name = "chunk") => [.. Json.GetProperty(name).EnumerateArray().Select(e => e.GetProperty("event_id").GetString()!)];
    }

    sealed class StandIns : IComponent
    {
        public static string Name => ComponentNames.RoomServer;

        public static void Register(ComponentBuilder component)
        {
            component.Services.AddSingleton<Tokens>();
            component.Produces<OutputRoomEvent, LogHead>();
            component.Answers<QueryAccessToken, TokenOwner, Tokens>();
        }
    }

    /// <summary>How far the rooms' log has come.</summary>
    sealed class LogHead : ILogReader<OutputRoomEvent>
    {
        public long Position { get; set; }

        public Task<IReadOnlyList<Logged<OutputRoomEvent>>> Read(int partition, long after, int limit, CancellationToken cancel) =>
            throw new NotSupportedException("Tests hand the entries over themselves.");

        public Task<long> Head(int partition, CancellationToken cancel) => Task.FromResult(Position);
    }

    sealed class Tokens : ICallHandler<QueryAccessToken, TokenOwner>
    {
        readonly System.Collections.Concurrent.ConcurrentDictionary<string, TokenOwner> _owners = new();

        public void Add(string user, string device) =>
            _owners[Authentication.Hash($"{user}/{device}")] = new TokenOwner { Known = true, UserId = UserId.Parse(user), DeviceId = device };

        public Task<TokenOwner> Handle(QueryAccessToken call, CancellationToken cancel) => Task.FromResult(_owners[call.TokenHash]);
    }
}
