using System.Net;
using Matrix.Bus.UserApi;
using Microsoft.Extensions.DependencyInjection;

namespace Matrix.Bus.Components.Tests.UserApi;

public sealed class DeviceTests(SharedAccountServer shared) : IClassFixture<SharedAccountServer>
{
    AccountServer Server => shared.Server;

    async Task<string> Login(AccountServer.Account account, string device, string? name = null) =>
        (await Server.Post("login", new { type = "m.login.password", user = account.UserId, password = account.Password, device_id = device, initial_device_display_name = name })).Ok()["access_token"].GetString()!;

    static object Auth(AccountServer.Account account) => new { type = "m.login.password", user = account.UserId, password = account.Password };

    [Fact]
    public async Task Devices_are_listed_shown_and_renamed()
    {
        var account = await Server.Register("lister");
        await Login(account, "PHONE", "My phone");
        var listed = (await Server.Get("devices", account.Token)).Ok()["devices"].EnumerateArray().Select(device => device.GetProperty("device_id").GetString()).ToList();
        Assert.Equal(new[] { account.DeviceId, "PHONE" }.Order(StringComparer.Ordinal), listed);
        Assert.Equal("My phone", (await Server.Get("devices/PHONE", account.Token)).Ok()["display_name"].GetString());
        (await Server.Put("devices/PHONE", new { display_name = "Old phone" }, account.Token)).Ok();
        Assert.Equal("Old phone", (await Server.Get("devices/PHONE", account.Token)).Ok()["display_name"].GetString());
        await Login(account, "PHONE", "Ignored for a device that exists");
        Assert.Equal("Old phone", (await Server.Get("devices/PHONE", account.Token)).Ok()["display_name"].GetString());
    }

    [Fact]
    public async Task Another_user_s_device_is_not_there()
    {
        var alice = await Server.Register("dev-alice");
        var bob = await Server.Register("dev-bob");
        (await Server.Get($"devices/{bob.DeviceId}", alice.Token)).Refused(404, "M_NOT_FOUND");
        (await Server.Put($"devices/{bob.DeviceId}", new { display_name = "mine" }, alice.Token)).Refused(404, "M_NOT_FOUND");
        (await Server.Delete($"devices/{bob.DeviceId}", new { auth = Auth(alice) }, alice.Token)).Ok();
        (await Server.Get("account/whoami", bob.Token)).Ok();
    }

    [Fact]
    public async Task Deleting_a_device_takes_the_password_and_ends_its_token_at_once()
    {
        var account = await Server.Register("deleter");
        var token = await Login(account, "PHONE");
        (await Server.Get("account/whoami", token)).Ok();
        (await Server.Delete("devices/PHONE", null, account.Token)).Is(HttpStatusCode.Unauthorized, null);
        (await Server.Get("account/whoami", token)).Ok();
        (await Server.Delete("devices/PHONE", new { auth = Auth(account) }, account.Token)).Ok();
        (await Server.Get("account/whoami", token)).Refused(401, "M_UNKNOWN_TOKEN");
        (await Server.Get("devices/PHONE", account.Token)).Refused(404, "M_NOT_FOUND");
    }

    [Fact]
    public async Task Many_devices_are_deleted_together()
    {
        var account = await Server.Register("many");
        var tokens = new[] { await Login(account, "A"), await Login(account, "B"), await Login(account, "C") };
        (await Server.Post("delete_devices", new { }, account.Token)).Refused(400, "M_MISSING_PARAM");
        (await Server.Post("delete_devices", new { devices = new[] { "A", "B" } }, account.Token)).Is(HttpStatusCode.Unauthorized, null);
        (await Server.Post("delete_devices", new { devices = new[] { "A", "B", "never was" }, auth = Auth(account) }, account.Token)).Ok();
        (await Server.Get("account/whoami", tokens[0])).Refused(401, "M_UNKNOWN_TOKEN");
        (await Server.Get("account/whoami", tokens[1])).Refused(401, "M_UNKNOWN_TOKEN");
        (await Server.Get("account/whoami", tokens[2])).Ok();
    }

    [Fact]
    public async Task A_device_that_was_used_has_been_seen()
    {
        var account = await Server.Register("seen");
        Assert.False((await Server.Get($"devices/{account.DeviceId}", account.Token)).Ok().Has("last_seen_ts"));
        await Server.Services.GetRequiredService<LastSeen>().Store(CancellationToken.None);
        var device = (await Server.Get($"devices/{account.DeviceId}", account.Token)).Ok();
        Assert.True(device["last_seen_ts"].GetInt64() > 0);
        Assert.Equal("127.0.0.1", device["last_seen_ip"].GetString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("nul\0")]
    public async Task A_device_id_that_cannot_be_is_refused(string device)
    {
        var account = await Server.Register($"bad-device-{device.Length}");
        (await Server.Post("login", new { type = "m.login.password", user = account.UserId, password = account.Password, device_id = device })).Refused(400, "M_INVALID_PARAM");
    }
}
