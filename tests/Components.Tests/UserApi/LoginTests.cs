namespace Matrix.Bus.Components.Tests.UserApi;

public sealed class LoginTests(SharedAccountServer shared) : IClassFixture<SharedAccountServer>
{
    AccountServer Server => shared.Server;

    [Theory]
    [InlineData("by-id", "@by-id:test")]
    [InlineData("by-name", "by-name")]
    [InlineData("by-caps", "BY-CAPS")]
    public async Task A_password_logs_in_by_user_id_and_by_name(string name, string identifier)
    {
        var account = await Server.Register(name);
        var login = (await Server.Post("login", new { type = "m.login.password", identifier = new { type = "m.id.user", user = identifier }, password = account.Password })).Ok();
        Assert.Equal(account.UserId, login["user_id"].GetString());
        Assert.NotEqual(account.DeviceId, login["device_id"].GetString());
        (await Server.Get("account/whoami", login["access_token"].GetString())).Ok();
        (await Server.Get("account/whoami", account.Token)).Ok();
    }

    [Fact]
    public async Task The_legacy_user_key_names_the_user()
    {
        var account = await Server.Register("legacy");
        (await Server.Post("login", new { type = "m.login.password", user = "legacy", password = account.Password })).Ok();
        (await Server.Post("/_matrix/client/r0/login", new { type = "m.login.password", user = "legacy", password = account.Password })).Ok();
    }

    [Fact]
    public async Task Wrong_password_and_unknown_user_look_the_same()
    {
        await Server.Register("known");
        var wrong = (await Server.Post("login", new { type = "m.login.password", user = "known", password = "no" })).Refused(403, "M_FORBIDDEN");
        var unknown = (await Server.Post("login", new { type = "m.login.password", user = "nobody", password = "no" })).Refused(403, "M_FORBIDDEN");
        Assert.Equal(wrong.Text, unknown.Text);
    }

    [Fact]
    public async Task Another_server_s_user_of_the_same_name_is_not_ours()
    {
        var account = await Server.Register("local");
        (await Server.Post("login", new { type = "m.login.password", user = "@local:elsewhere", password = account.Password })).Refused(403, "M_FORBIDDEN");
    }

    [Theory]
    [InlineData("""{"type":"m.login.password","user":"x"}""", 400, "M_MISSING_PARAM")]
    [InlineData("""{"user":"x","password":"y"}""", 400, "M_MISSING_PARAM")]
    [InlineData("""{"type":"m.login.magic"}""", 400, "M_UNKNOWN")]
    [InlineData("""{"type":"m.login.password","identifier":{"type":"m.id.phone"},"password":"y"}""", 403, "M_FORBIDDEN")]
    [InlineData("""{"type":"m.login.password","user":7,"password":"y"}""", 400, "M_BAD_JSON")]
    [InlineData("""{"type":"m.login.token"}""", 400, "M_MISSING_PARAM")]
    [InlineData("""["m.login.password"]""", 400, "M_BAD_JSON")]
    [InlineData("""{"type":""", 400, "M_NOT_JSON")]
    public async Task Bad_logins_are_refused_as_the_spec_says(string body, int status, string errcode) =>
        (await Server.Post("login", body)).Refused(status, errcode);

    [Fact]
    public async Task A_device_id_that_is_used_again_loses_its_old_token_at_once()
    {
        var account = await Server.Register("devices");
        object Body() => new { type = "m.login.password", user = "devices", password = account.Password, device_id = "PHONE" };
        var first = (await Server.Post("login", Body())).Ok();
        (await Server.Get("account/whoami", first["access_token"].GetString())).Ok();
        var second = (await Server.Post("login", Body())).Ok();
        Assert.Equal("PHONE", second["device_id"].GetString());
        (await Server.Get("account/whoami", first["access_token"].GetString())).Refused(401, "M_UNKNOWN_TOKEN");
        (await Server.Get("account/whoami", second["access_token"].GetString())).Ok();
    }

    [Fact]
    public async Task Logging_out_ends_the_token_at_once()
    {
        var account = await Server.Register("leaver");
        (await Server.Get("account/whoami", account.Token)).Ok();
        (await Server.Post("logout", null, account.Token)).Ok();
        var after = (await Server.Get("account/whoami", account.Token)).Refused(401, "M_UNKNOWN_TOKEN");
        Assert.False(after["soft_logout"].GetBoolean());
    }

    [Fact]
    public async Task Logging_out_everywhere_ends_every_session()
    {
        var account = await Server.Register("everywhere");
        var other = (await Server.Post("login", new { type = "m.login.password", user = "everywhere", password = account.Password })).Ok();
        (await Server.Get("account/whoami", other["access_token"].GetString())).Ok();
        (await Server.Post("logout/all", null, account.Token)).Ok();
        (await Server.Get("account/whoami", account.Token)).Refused(401, "M_UNKNOWN_TOKEN");
        (await Server.Get("account/whoami", other["access_token"].GetString())).Refused(401, "M_UNKNOWN_TOKEN");
    }

    [Fact]
    public async Task No_token_and_a_wrong_token_are_told_apart()
    {
        (await Server.Get("account/whoami")).Refused(401, "M_MISSING_TOKEN");
        (await Server.Get("account/whoami", "nonsense")).Refused(401, "M_UNKNOWN_TOKEN");
    }
}
