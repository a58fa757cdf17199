using Matrix.Bus.Foundation;
using Matrix.Bus.Messages.Users;
using Matrix.Bus.Protocol;
using Microsoft.Extensions.DependencyInjection;

namespace Matrix.Bus.Components.Tests.UserApi;

public sealed class TokenTests(SharedAccountServer shared) : IClassFixture<SharedAccountServer>
{
    AccountServer Server => shared.Server;

    async Task<AccountServer.Answer> LoginWithRefresh(string name)
    {
        var account = await Server.Register(name);
        return (await Server.Post("login", new { type = "m.login.password", user = name, password = account.Password, refresh_token = true })).Ok();
    }

    Task<AccountServer.Answer> Refresh(string? token) => Server.Post("refresh", new { refresh_token = token });

    Task<AccountServer.Answer> Whoami(AccountServer.Answer session) => Server.Get("account/whoami", session["access_token"].GetString());

    [Fact]
    public async Task Refreshing_gives_the_same_device_new_tokens_and_ends_the_old_ones_once_the_new_are_used()
    {
        var login = await LoginWithRefresh("refresher");
        Assert.True(login["expires_in_ms"].GetInt64() > 0);
        (await Whoami(login)).Ok();
        var next = (await Refresh(login["refresh_token"].GetString())).Ok();
        (await Whoami(login)).Ok();
        Assert.Equal(login["device_id"].GetString(), (await Whoami(next)).Ok()["device_id"].GetString());
        (await Whoami(login)).Refused(401, "M_UNKNOWN_TOKEN");
    }

    [Fact]
    public async Task A_client_that_lost_the_answer_may_refresh_again()
    {
        var login = await LoginWithRefresh("loser");
        var lost = (await Refresh(login["refresh_token"].GetString())).Ok();
        var got = (await Refresh(login["refresh_token"].GetString())).Ok();
        (await Whoami(got)).Ok();
        (await Whoami(lost)).Refused(401, "M_UNKNOWN_TOKEN");
        (await Refresh(lost["refresh_token"].GetString())).Refused(401, "M_UNKNOWN_TOKEN");
        (await Refresh(got["refresh_token"].GetString())).Ok();
    }

    [Fact]
    public async Task A_spent_refresh_token_that_comes_again_ends_the_family()
    {
        var login = await LoginWithRefresh("robbed");
        var second = (await Refresh(login["refresh_token"].GetString())).Ok();
        var third = (await Refresh(second["refresh_token"].GetString())).Ok();
        (await Whoami(third)).Ok();
        (await Refresh(login["refresh_token"].GetString())).Refused(401, "M_UNKNOWN_TOKEN");
        (await Whoami(third)).Refused(401, "M_UNKNOWN_TOKEN");
        (await Refresh(third["refresh_token"].GetString())).Refused(401, "M_UNKNOWN_TOKEN");
    }

    [Fact]
    public async Task An_access_token_that_expired_is_a_soft_logout_and_can_be_refreshed()
    {
        var clock = new MovableClock();
        await using var server = await AccountServer.Start(clock: clock);
        var account = await server.Register("sleeper");
        var login = (await server.Post("login", new { type = "m.login.password", user = "sleeper", password = account.Password, refresh_token = true })).Ok();
        (await server.Get("account/whoami", login["access_token"].GetString())).Ok();
        clock.Move(TimeSpan.FromHours(2));
        var expired = (await server.Get("account/whoami", login["access_token"].GetString())).Refused(401, "M_UNKNOWN_TOKEN");
        Assert.True(expired["soft_logout"].GetBoolean());
        var next = (await server.Post("refresh", new { refresh_token = login["refresh_token"].GetString() })).Ok();
        (await server.Get("account/whoami", next["access_token"].GetString())).Ok();
        (await server.Get("account/whoami", account.Token)).Ok();
    }

    [Fact]
    public async Task Logging_out_ends_the_refresh_token_too()
    {
        var login = await LoginWithRefresh("closer");
        (await Server.Post("logout", null, login["access_token"].GetString())).Ok();
        (await Refresh(login["refresh_token"].GetString())).Refused(401, "M_UNKNOWN_TOKEN");
        (await Refresh("nonsense")).Refused(401, "M_UNKNOWN_TOKEN");
        (await Refresh(null)).Refused(400, "M_MISSING_PARAM");
    }

    [Fact]
    public async Task A_login_token_logs_in_once()
    {
        var account = await Server.Register("qr");
        var made = (await Server.Post("/_matrix/client/v1/login/get_token", new { auth = new { type = "m.login.password", user = "qr", password = account.Password } }, account.Token)).Ok();
        Assert.Equal(120_000, made["expires_in_ms"].GetInt64());
        var token = made["login_token"].GetString();
        Assert.Equal(account.UserId, (await Server.Post("login", new { type = "m.login.token", token })).Ok()["user_id"].GetString());
        (await Server.Post("login", new { type = "m.login.token", token })).Refused(403, "M_FORBIDDEN");
    }

    [Fact]
    public async Task A_login_token_expires_after_two_minutes()
    {
        var clock = new MovableClock();
        await using var server = await AccountServer.Start(clock: clock);
        var account = await server.Register("late");
        var made = (await server.Post("/_matrix/client/v1/login/get_token", new { auth = new { type = "m.login.password", user = "late", password = account.Password } }, account.Token)).Ok();
        clock.Move(TimeSpan.FromSeconds(121));
        (await server.Post("login", new { type = "m.login.token", token = made["login_token"].GetString() })).Refused(403, "M_FORBIDDEN");
    }

    [Fact]
    public async Task Changing_the_password_ends_the_other_sessions_and_keeps_one_s_own()
    {
        var account = await Server.Register("changer");
        var other = (await Server.Post("login", new { type = "m.login.password", user = "changer", password = account.Password })).Ok();
        (await Whoami(other)).Ok();
        var auth = new { type = "m.login.password", user = "changer", password = account.Password };
        (await Server.Post("account/password", new { new_password = "another one" }, account.Token)).Is(System.Net.HttpStatusCode.Unauthorized, null);
        (await Server.Post("account/password", new { auth, new_password = "another one" }, account.Token)).Ok();
        (await Whoami(other)).Refused(401, "M_UNKNOWN_TOKEN");
        (await Server.Get("account/whoami", account.Token)).Ok();
        (await Server.Post("login", new { type = "m.login.password", user = "changer", password = account.Password })).Refused(403, "M_FORBIDDEN");
        (await Server.Post("login", new { type = "m.login.password", user = "changer", password = "another one" })).Ok();
    }

    [Fact]
    public async Task Changing_the_password_may_keep_the_other_sessions()
    {
        var account = await Server.Register("keeper");
        var other = (await Server.Post("login", new { type = "m.login.password", user = "keeper", password = account.Password })).Ok();
        var auth = new { type = "m.login.password", user = "keeper", password = account.Password };
        (await Server.Post("account/password", new { auth, new_password = "another one", logout_devices = false }, account.Token)).Ok();
        (await Whoami(other)).Ok();
    }

    [Fact]
    public async Task A_deactivated_account_is_gone_and_its_name_stays_taken()
    {
        var account = await Server.Register("goner");
        (await Server.Get("account/whoami", account.Token)).Ok();
        var auth = new { type = "m.login.password", user = "goner", password = account.Password };
        var done = (await Server.Post("account/deactivate", new { auth, erase = true }, account.Token)).Ok();
        Assert.Equal("no-support", done["id_server_unbind_result"].GetString());
        (await Server.Get("account/whoami", account.Token)).Refused(401, "M_UNKNOWN_TOKEN");
        (await Server.Post("login", new { type = "m.login.password", user = "goner", password = account.Password })).Refused(403, "M_USER_DEACTIVATED");
        (await Server.Post("register", new { username = "goner", password = "pw" })).Refused(400, "M_USER_IN_USE");
    }

    [Fact]
    public async Task A_locked_account_may_only_log_out()
    {
        var account = await Server.Register("locked");
        (await Server.Get("account/whoami", account.Token)).Ok();
        var calls = Server.Services.GetRequiredService<ICalls>();
        await calls.Ask(new PerformAccountStanding { UserId = UserId.Parse(account.UserId), Locked = true }, CancellationToken.None);
        Assert.True((await Server.Get("account/whoami", account.Token)).Refused(401, "M_USER_LOCKED")["soft_logout"].GetBoolean());
        (await Server.Post("login", new { type = "m.login.password", user = "locked", password = account.Password })).Refused(401, "M_USER_LOCKED");
        (await Server.Post("login", new { type = "m.login.password", user = "locked", password = "wrong" })).Refused(403, "M_FORBIDDEN");
        await calls.Ask(new PerformAccountStanding { UserId = UserId.Parse(account.UserId), Locked = false }, CancellationToken.None);
        (await Server.Get("account/whoami", account.Token)).Ok();
        await calls.Ask(new PerformAccountStanding { UserId = UserId.Parse(account.UserId), Locked = true }, CancellationToken.None);
        (await Server.Post("logout", null, account.Token)).Ok();
    }

    [Fact]
    public async Task Tokens_are_stored_as_hashes_alone()
    {
        var login = await LoginWithRefresh("hashed");
        var db = Server.Services.GetRequiredKeyedService<Npgsql.NpgsqlDataSource>("UserApi");
        foreach (var secret in new[] { login["access_token"].GetString()!, login["refresh_token"].GetString()!, "a good password" })
        {
            foreach (var table in new[] { "account", "device", "access_token", "refresh_token", "interactive_auth", "login_token" })
            {
                var bytes = Convert.ToHexStringLower(System.Text.Encoding.UTF8.GetBytes(secret));
                var found = await db.Row($"SELECT count(*) FROM users.{table} t WHERE t::text LIKE '%' || $1 || '%' OR t::text LIKE '%' || $2 || '%'", row => row.GetInt64(0), CancellationToken.None, secret, bytes);
                Assert.Equal(0, found);
            }
        }
    }

    [Fact]
    public async Task An_open_id_token_names_its_user_and_is_for_oneself()
    {
        var account = await Server.Register("openid");
        var made = (await Server.Post($"user/{account.UserId}/openid/request_token", new { }, account.Token)).Ok();
        Assert.Equal("Bearer", made["token_type"].GetString());
        Assert.Equal("test", made["matrix_server_name"].GetString());
        var calls = Server.Services.GetRequiredService<ICalls>();
        var user = await calls.Ask(new QueryOpenIdToken { TokenHash = Authentication.Hash(made["access_token"].GetString()!) }, CancellationToken.None);
        Assert.Equal(account.UserId, user.UserId.Value);
        (await Server.Get("account/whoami", made["access_token"].GetString())).Refused(401, "M_UNKNOWN_TOKEN");
        (await Server.Post("user/@other:test/openid/request_token", new { }, account.Token)).Refused(403, "M_FORBIDDEN");
    }
}
