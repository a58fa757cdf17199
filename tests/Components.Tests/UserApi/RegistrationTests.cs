using System.Net;
using System.Text.Json;
using Matrix.Bus.Foundation;
using Matrix.Bus.Messages.Users;
using Microsoft.Extensions.DependencyInjection;

namespace Matrix.Bus.Components.Tests.UserApi;

public sealed class RegistrationTests(SharedAccountServer shared) : IClassFixture<SharedAccountServer>
{
    AccountServer Server => shared.Server;

    [Fact]
    public async Task Registering_takes_a_stage_and_gives_a_session()
    {
        var challenge = (await Server.Post("register", new { username = "newcomer", password = "pw" })).Is(HttpStatusCode.Unauthorized, null);
        Assert.Equal("m.login.dummy", challenge["flows"][0].GetProperty("stages")[0].GetString());
        Assert.Equal(JsonValueKind.Object, challenge["params"].ValueKind);
        var session = challenge["session"].GetString();
        var done = (await Server.Post("register", new { username = "newcomer", password = "pw", auth = new { type = "m.login.dummy", session } })).Ok();
        Assert.Equal("@newcomer:test", done["user_id"].GetString());
        Assert.False(done.Has("refresh_token"));
        (await Server.Get("account/whoami", done["access_token"].GetString())).Ok();
        (await Server.Post("login", new { type = "m.login.password", user = "newcomer", password = "pw" })).Ok();
    }

    [Fact]
    public async Task Without_a_name_the_server_gives_a_number()
    {
        var first = (await Server.Post("register", new { password = "pw", auth = new { type = "m.login.dummy" } })).Ok();
        var second = (await Server.Post("register", new { password = "pw", auth = new { type = "m.login.dummy" } })).Ok();
        Assert.Matches("^@[0-9]+:test$", first["user_id"].GetString()!);
        Assert.NotEqual(first["user_id"].GetString(), second["user_id"].GetString());
    }

    [Fact]
    public async Task Inhibiting_login_gives_no_session_and_the_wished_device_is_used_otherwise()
    {
        var quiet = (await Server.Post("register", new { username = "quiet", password = "pw", inhibit_login = true, auth = new { type = "m.login.dummy" } })).Ok();
        Assert.False(quiet.Has("access_token"));
        Assert.False(quiet.Has("device_id"));
        var phone = (await Server.Post("register", new { username = "phoned", password = "pw", device_id = "PHONE", initial_device_display_name = "My phone", auth = new { type = "m.login.dummy" } })).Ok();
        Assert.Equal("PHONE", phone["device_id"].GetString());
    }

    [Theory]
    [InlineData("with space")]
    [InlineData("@full:test")]
    [InlineData("a:b")]
    [InlineData("0123")]
    public async Task A_bad_name_is_refused_before_any_stage(string username)
    {
        (await Server.Post("register", new { username, password = "pw" })).Refused(400, "M_INVALID_USERNAME");
        (await Server.Get($"register/available?username={Uri.EscapeDataString(username)}")).Refused(400, "M_INVALID_USERNAME");
    }

    [Fact]
    public async Task A_name_so_long_that_the_id_has_256_bytes_is_refused_and_255_is_not()
    {
        var longest = new string('a', 255 - "@:test".Length);
        (await Server.Post("register", new { username = longest + "a", password = "pw" })).Refused(400, "M_INVALID_USERNAME");
        (await Server.Post("register", new { username = longest, password = "pw", auth = new { type = "m.login.dummy" } })).Ok();
    }

    [Fact]
    public async Task A_taken_name_is_refused_in_any_case()
    {
        await Server.Register("occupied");
        (await Server.Post("register", new { username = "Occupied", password = "pw" })).Refused(400, "M_USER_IN_USE");
        (await Server.Get("register/available?username=occupied")).Refused(400, "M_USER_IN_USE");
        Assert.True((await Server.Get("register/available?username=unoccupied")).Ok()["available"].GetBoolean());
        (await Server.Get("register/available")).Refused(400, "M_MISSING_PARAM");
    }

    [Fact]
    public async Task Two_registrations_of_one_name_at_once_make_one_account()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Server.Post("register", new { username = "raced", password = "pw", auth = new { type = "m.login.dummy" } })));
        Assert.Single(answers, answer => answer.Status == HttpStatusCode.OK);
        Assert.All(answers.Where(answer => answer.Status != HttpStatusCode.OK), answer => answer.Refused(400, "M_USER_IN_USE"));
    }

    [Fact]
    public async Task Guests_are_refused() =>
        (await Server.Post("register?kind=guest", new { })).Refused(403, "M_GUEST_ACCESS_FORBIDDEN");

    [Theory]
    [InlineData("""{"username":"nopass","auth":{"type":"m.login.dummy"}}""", 400, "M_MISSING_PARAM")]
    [InlineData("""{"username":"emptypass","password":"","auth":{"type":"m.login.dummy"}}""", 400, "M_WEAK_PASSWORD")]
    [InlineData("""{"username":7,"password":"pw"}""", 400, "M_BAD_JSON")]
    [InlineData("""{"username":"twice","username":"thrice"}""", 400, "M_NOT_JSON")]
    public async Task Bad_bodies_are_refused(string body, int status, string errcode) =>
        (await Server.Post("register", body)).Refused(status, errcode);

    [Fact]
    public async Task A_password_beyond_the_bound_is_refused() =>
        (await Server.Post("register", new { username = "longpass", password = new string('x', 1025), auth = new { type = "m.login.dummy" } })).Refused(400, "M_INVALID_PARAM");

    [Fact]
    public async Task Closed_registration_is_forbidden_and_the_shared_secret_still_works()
    {
        await using var closed = await AccountServer.Start(new() { ["MatrixBus:Registration:Open"] = "false" });
        (await closed.Post("register", new { username = "a", password = "b", auth = new { type = "m.login.dummy" } })).Refused(403, "M_FORBIDDEN");
        (await closed.Get("register/available?username=a")).Refused(403, "M_FORBIDDEN");
        await closed.Register("insider");
    }

    [Fact]
    public async Task A_registration_token_makes_as_many_accounts_as_it_may()
    {
        await using var server = await AccountServer.Start(new() { ["MatrixBus:Registration:RequireToken"] = "true" });
        var calls = server.Services.GetRequiredService<ICalls>();
        await calls.Ask(new PerformRegistrationTokenCreation { Token = "twice", UsesAllowed = 2 }, CancellationToken.None);
        const string Validity = "/_matrix/client/v1/register/m.login.registration_token/validity?token=";

        var challenge = (await server.Post("register", new { username = "first", password = "pw" })).Is(HttpStatusCode.Unauthorized, null);
        Assert.Equal("m.login.registration_token", challenge["flows"][0].GetProperty("stages")[0].GetString());
        (await server.Post("register", new { username = "first", password = "pw", auth = new { type = "m.login.dummy" } })).Refused(401, "M_FORBIDDEN");
        (await server.Post("register", new { username = "first", password = "pw", auth = new { type = "m.login.registration_token", token = "wrong" } })).Refused(401, "M_UNAUTHORIZED");

        Assert.True((await server.Get(Validity + "twice"))["valid"].GetBoolean());
        Assert.False((await server.Get(Validity + "other"))["valid"].GetBoolean());
        foreach (var name in new[] { "first", "second" })
            (await server.Post("register", new { username = name, password = "pw", auth = new { type = "m.login.registration_token", token = "twice" } })).Ok();
        Assert.False((await server.Get(Validity + "twice"))["valid"].GetBoolean());
        (await server.Post("register", new { username = "third", password = "pw", auth = new { type = "m.login.registration_token", token = "twice" } })).Refused(401, "M_UNAUTHORIZED");
    }

    [Fact]
    public async Task The_fallback_page_completes_a_stage_and_the_client_goes_on_with_the_session_alone()
    {
        var session = (await Server.Post("register", new { username = "browser", password = "pw" }))["session"].GetString();
        var page = await Server.Get($"auth/m.login.dummy/fallback/web?session={session}");
        Assert.Contains($"value=\"{session}\"", page.Text, StringComparison.Ordinal);
        using var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["session"] = session! });
        using var submitted = await Server.Http.PostAsync(new Uri("/_matrix/client/v3/auth/m.login.dummy/fallback/web", UriKind.Relative), form);
        Assert.Contains("onAuthDone", await submitted.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        (await Server.Post("register", new { username = "browser", password = "pw", auth = new { session } })).Ok();
    }

    [Fact]
    public async Task The_fallback_page_escapes_what_it_shows()
    {
        var page = await Server.Get("auth/m.login.dummy/fallback/web?session=" + Uri.EscapeDataString("\"><script>alert(1)</script>"));
        Assert.DoesNotContain("<script>alert", page.Text, StringComparison.Ordinal);
        (await Server.Get("auth/m.login.sso/fallback/web?session=x")).Refused(404, "M_NOT_FOUND");
    }

    [Fact]
    public async Task An_administrator_makes_registration_tokens_and_nobody_else()
    {
        await using var server = await AccountServer.Start(new() { ["MatrixBus:Registration:RequireToken"] = "true" });
        const string Path = "/_synapse/admin/v1/registration_tokens/new";
        var user = await server.Register("user");
        var admin = await server.Register("admin", admin: true);
        (await server.Post(Path, new { token = "mine" })).Refused(401, "M_MISSING_TOKEN");
        (await server.Post(Path, new { token = "mine" }, user.Token)).Refused(403, "M_FORBIDDEN");
        (await server.Post(Path, new { token = "not good" }, admin.Token)).Refused(400, "M_INVALID_PARAM");
        (await server.Post(Path, new { uses_allowed = -1 }, admin.Token)).Refused(400, "M_INVALID_PARAM");
        var token = (await server.Post(Path, new { uses_allowed = 1 }, admin.Token)).Ok()["token"].GetString();
        var expired = (await server.Post(Path, new { expiry_time = 1000 }, admin.Token)).Ok()["token"].GetString();
        (await server.Post("register", new { username = "late", password = "pw", auth = new { type = "m.login.registration_token", token = expired } })).Refused(401, "M_UNAUTHORIZED");
        (await server.Post("register", new { username = "early", password = "pw", auth = new { type = "m.login.registration_token", token } })).Ok();
    }
}
