namespace Matrix.Bus.Components.Tests.UserApi;

public sealed class SharedSecretRegistrationTests(SharedAccountServer shared) : IClassFixture<SharedAccountServer>
{
    const string Path = "/_synapse/admin/v1/register";

    AccountServer Server => shared.Server;

    [Fact]
    public async Task Who_knows_the_secret_gets_an_account_and_a_session()
    {
        var account = await Server.Register("alice");
        Assert.Equal("@alice:test", account.UserId);
        var whoami = (await Server.Get("account/whoami", account.Token)).Ok();
        Assert.Equal("@alice:test", whoami["user_id"].GetString());
        Assert.Equal(account.DeviceId, whoami["device_id"].GetString());
    }

    [Fact]
    public async Task A_nonce_works_once()
    {
        var nonce = (await Server.Get(Path))["nonce"].GetString();
        object Body(string name) => new { nonce, username = name, password = "p", mac = AccountServer.Mac(AccountServer.Secret, $"{nonce}\0{name}\0p\0notadmin") };
        (await Server.Post(Path, Body("nonce-one"))).Ok();
        (await Server.Post(Path, Body("nonce-two"))).Refused(400, "M_UNKNOWN");
    }

    [Fact]
    public async Task A_wrong_hmac_spends_the_nonce_and_makes_nothing()
    {
        var nonce = (await Server.Get(Path))["nonce"].GetString();
        var mac = AccountServer.Mac("another secret", $"{nonce}\0eve\0p\0notadmin");
        (await Server.Post(Path, new { nonce, username = "eve", password = "p", mac })).Refused(403, "M_FORBIDDEN");
        (await Server.Post("login", new { type = "m.login.password", user = "eve", password = "p" })).Refused(403, "M_FORBIDDEN");
    }

    [Fact]
    public async Task An_hmac_over_notadmin_makes_no_administrator()
    {
        var nonce = (await Server.Get(Path))["nonce"].GetString();
        var mac = AccountServer.Mac(AccountServer.Secret, $"{nonce}\0mallory\0p\0notadmin");
        (await Server.Post(Path, new { nonce, username = "mallory", password = "p", admin = true, mac })).Refused(403, "M_FORBIDDEN");
    }

    [Fact]
    public async Task The_user_type_is_part_of_the_hmac()
    {
        var nonce = (await Server.Get(Path))["nonce"].GetString();
        var mac = AccountServer.Mac(AccountServer.Secret, $"{nonce}\0support\0p\0notadmin\0support");
        (await Server.Post(Path, new { nonce, username = "support", password = "p", user_type = "support", mac })).Ok();
    }

    [Theory]
    [InlineData("has space")]
    [InlineData("ünï")]
    [InlineData("12345")]
    [InlineData("")]
    public async Task A_name_outside_the_grammar_is_refused(string name)
    {
        var nonce = (await Server.Get(Path))["nonce"].GetString();
        var mac = AccountServer.Mac(AccountServer.Secret, $"{nonce}\0{name}\0p\0notadmin");
        (await Server.Post(Path, new { nonce, username = name, password = "p", mac })).Refused(400, "M_INVALID_USERNAME");
    }

    [Fact]
    public async Task A_taken_name_is_refused()
    {
        await Server.Register("taken");
        var nonce = (await Server.Get(Path))["nonce"].GetString();
        var mac = AccountServer.Mac(AccountServer.Secret, $"{nonce}\0taken\0p\0notadmin");
        (await Server.Post(Path, new { nonce, username = "taken", password = "p", mac })).Refused(400, "M_USER_IN_USE");
    }

    [Fact]
    public async Task Without_a_secret_there_is_no_such_registration()
    {
        await using var server = await AccountServer.Start(new() { ["MatrixBus:Registration:SharedSecret"] = "" });
        (await server.Get(Path)).Refused(400, "M_UNKNOWN");
        (await server.Post(Path, new { nonce = "n", username = "a", password = "p", mac = AccountServer.Mac("", "n\0a\0p\0notadmin") })).Refused(400, "M_UNKNOWN");
    }
}
