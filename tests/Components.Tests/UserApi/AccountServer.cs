using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Matrix.Bus.ClientApi;
using Matrix.Bus.Foundation;
using Matrix.Bus.UserApi;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Matrix.Bus.Components.Tests.UserApi;

/// <summary>UserApi and ClientApi on Kestrel with the in-process bus and a database of their own.</summary>
public sealed class AccountServer : IAsyncDisposable
{
    public const string Secret = "the shared secret of the tests";

    readonly WebApplication _app;

    AccountServer(WebApplication app, HttpClient http) => (_app, Http) = (app, http);

    public HttpClient Http { get; }

    public IServiceProvider Services => _app.Services;

    public static async Task<AccountServer> Start(Dictionary<string, string?>? settings = null, string? database = null, TimeProvider? clock = null, FakeRooms? rooms = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["MatrixBus:ServerName"] = "test",
            ["MatrixBus:Registration:SharedSecret"] = Secret,
            ["MatrixBus:Registration:Open"] = "true",
            ["MatrixBus:Passwords:Cost"] = "Minimal",
            ["MatrixBus:RateLimits:Enabled"] = "false",
            ["MatrixBus:Database:ConnectionString"] = database ?? await TestDatabase.New(),
        });
        builder.Configuration.AddInMemoryCollection(settings ?? []);
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        if (clock is not null)
            builder.Services.AddSingleton(clock);
        builder.Services.AddMatrixBusOptions(builder.Configuration);
        var options = builder.Configuration.ReadMatrixBusOptions();
        builder.Services.AddFoundation(_ => component => options.Database.Of(component)!);
        builder.Services.AddComponent<UserApiComponent>(builder.Configuration);
        builder.Services.AddComponent<ClientApiComponent>(builder.Configuration);
        rooms?.Register(new ComponentBuilder("RoomServer", builder.Services, builder.Configuration));
        builder.Services.AddInProcessBus(options.Bus.Partitions);
        var app = builder.Build();
        app.UseMatrixHttp();
        app.UseRouting();
        app.MapComponents();
        await app.Services.GetRequiredService<Migrations>().Apply(CancellationToken.None);
        await app.StartAsync();
        var url = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return new AccountServer(app, new HttpClient { BaseAddress = new Uri(url) });
    }

    /// <summary>Asks; the path is under /_matrix/client/v3/ unless it begins with a slash.</summary>
    public async Task<Answer> Ask(HttpMethod method, string path, object? body = null, string? token = null)
    {
        using var request = new HttpRequestMessage(method, path.StartsWith('/') ? path : "/_matrix/client/v3/" + path);
        if (token is not null)
            request.Headers.Authorization = new("Bearer", token);
        request.Content = body switch
        {
            null => null,
            string text => new StringContent(text, Encoding.UTF8, "application/json"),
            _ => JsonContent.Create(body, options: new JsonSerializerOptions { PropertyNamingPolicy = null }),
        };
        using var response = await Http.SendAsync(request);
        var bytes = await response.Content.ReadAsByteArrayAsync();
        var isJson = response.Content.Headers.ContentType?.MediaType == "application/json";
        return new Answer(response.StatusCode, isJson ? JsonElement.Parse(bytes) : default, Encoding.UTF8.GetString(bytes), response.Headers.RetryAfter?.Delta);
    }

    public Task<Answer> Get(string path, string? token = null) => Ask(HttpMethod.Get, path, null, token);

    public Task<Answer> Post(string path, object? body, string? token = null) => Ask(HttpMethod.Post, path, body, token);

    public Task<Answer> Put(string path, object? body, string? token = null) => Ask(HttpMethod.Put, path, body, token);

    public Task<Answer> Delete(string path, object? body = null, string? token = null) => Ask(HttpMethod.Delete, path, body, token);

    /// <summary>An account made by shared secret.</summary>
    public async Task<Account> Register(string name, string password = "a good password", bool admin = false)
    {
        var nonce = (await Get("/_synapse/admin/v1/register"))["nonce"].GetString();
        var mac = Mac(Secret, $"{nonce}\0{name}\0{password}\0{(admin ? "admin" : "notadmin")}");
        var answer = (await Post("/_synapse/admin/v1/register", new { nonce, username = name, password, admin, mac })).Ok();
        return new Account(answer["user_id"].GetString()!, answer["device_id"].GetString()!, answer["access_token"].GetString()!, password);
    }

    public static string Mac(string secret, string text) =>
        Convert.ToHexStringLower(HMACSHA1.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(text)));

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
    }

    public sealed record Account(string UserId, string DeviceId, string Token, string Password);

    /// <summary>Status and body.</summary>
    public sealed record Answer(HttpStatusCode Status, JsonElement Body, string Text, TimeSpan? RetryAfter)
    {
        public JsonElement this[string name] => Body.GetProperty(name);

        public bool Has(string name) => Body.TryGetProperty(name, out _);

        public Answer Ok() => Is(HttpStatusCode.OK, null);

        /// <summary>Asserts a refusal.</summary>
        public Answer Is(HttpStatusCode status, string? errcode)
        {
            Assert.True(Status == status, $"Expected {status}, got {Status}: {Text}");
            Assert.Equal(errcode, Body.ValueKind == JsonValueKind.Object && Body.TryGetProperty("errcode", out var code) ? code.GetString() : null);
            return this;
        }

        public Answer Refused(int status, string errcode) => Is((HttpStatusCode)status, errcode);
    }
}
