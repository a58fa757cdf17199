using System.Net;
using FsCheck;
using FsCheck.Fluent;
using Matrix.Bus.UserApi;

namespace Matrix.Bus.Components.Tests.UserApi;

public sealed class InteractiveAuthTests(SharedAccountServer shared) : IClassFixture<SharedAccountServer>
{
    AccountServer Server => shared.Server;

    static object ByPassword(AccountServer.Account account, string? session, string? password = null) =>
        new { type = "m.login.password", identifier = new { type = "m.id.user", user = account.UserId }, password = password ?? account.Password, session };

    [Fact]
    public async Task A_wrong_password_may_be_tried_again_in_the_same_session()
    {
        var account = await Server.Register("retry");
        var challenge = (await Server.Post("/_matrix/client/v1/login/get_token", new { }, account.Token)).Is(HttpStatusCode.Unauthorized, null);
        var session = challenge["session"].GetString();
        var again = (await Server.Post("/_matrix/client/v1/login/get_token", new { auth = ByPassword(account, session, "wrong") }, account.Token)).Refused(401, "M_FORBIDDEN");
        Assert.Equal(session, again["session"].GetString());
        Assert.True(again.Has("flows"));
        (await Server.Post("/_matrix/client/v1/login/get_token", new { auth = ByPassword(account, session) }, account.Token)).Ok();
    }

    [Fact]
    public async Task A_session_works_once()
    {
        var account = await Server.Register("once");
        var session = (await Server.Post("register", new { username = "once-1", password = "pw" }))["session"].GetString();
        (await Server.Post("register", new { username = "once-1", password = "pw", auth = new { type = "m.login.dummy", session } })).Ok();
        (await Server.Post("register", new { username = "once-2", password = "pw", auth = new { type = "m.login.dummy", session } })).Refused(401, "M_FORBIDDEN");
        Assert.NotNull(account);
    }

    [Fact]
    public async Task One_session_authorises_one_of_many_concurrent_requests()
    {
        var account = await Server.Register("concurrent");
        var session = (await Server.Post("/_matrix/client/v1/login/get_token", new { }, account.Token))["session"].GetString();
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ =>
            Server.Post("/_matrix/client/v1/login/get_token", new { auth = ByPassword(account, session) }, account.Token)));
        Assert.Single(answers, answer => answer.Status == HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_session_of_one_path_does_not_authorise_another()
    {
        var account = await Server.Register("paths");
        var session = (await Server.Delete("devices/A", new { }, account.Token)).Is(HttpStatusCode.Unauthorized, null)["session"].GetString();
        (await Server.Delete("devices/B", new { auth = ByPassword(account, session) }, account.Token)).Refused(401, "M_FORBIDDEN");
        (await Server.Delete("devices/A", new { auth = ByPassword(account, session) }, account.Token)).Ok();
    }

    [Fact]
    public async Task A_session_of_one_user_does_not_serve_another()
    {
        var alice = await Server.Register("uia-alice");
        var bob = await Server.Register("uia-bob");
        var session = (await Server.Post("account/deactivate", new { }, alice.Token))["session"].GetString();
        (await Server.Post("account/deactivate", new { auth = ByPassword(bob, session) }, bob.Token)).Refused(401, "M_FORBIDDEN");
        (await Server.Get("account/whoami", bob.Token)).Ok();
    }

    [Fact]
    public async Task Another_user_s_password_does_not_authorise()
    {
        var alice = await Server.Register("own-alice");
        var bob = await Server.Register("own-bob", "bob's password");
        (await Server.Post("account/deactivate", new { auth = ByPassword(bob, null) }, alice.Token)).Refused(401, "M_FORBIDDEN");
        (await Server.Get("account/whoami", alice.Token)).Ok();
    }

    [Fact]
    public async Task Dummy_does_not_stand_in_for_a_password()
    {
        var account = await Server.Register("dummy");
        (await Server.Post("account/deactivate", new { auth = new { type = "m.login.dummy" } }, account.Token)).Refused(401, "M_FORBIDDEN");
    }

    [Fact]
    public async Task An_invented_session_is_refused() =>
        (await Server.Post("register", new { username = "inventor", password = "pw", auth = new { type = "m.login.dummy", session = "made up\0" } })).Refused(401, "M_FORBIDDEN");

    [Fact]
    public async Task A_session_expires()
    {
        var clock = new MovableClock();
        await using var server = await AccountServer.Start(clock: clock);
        var session = (await server.Post("register", new { username = "slow", password = "pw" }))["session"].GetString();
        clock.Move(TimeSpan.FromMinutes(16));
        (await server.Post("register", new { username = "slow", password = "pw", auth = new { type = "m.login.dummy", session } })).Refused(401, "M_FORBIDDEN");
    }

    [Fact]
    public void Only_whole_flows_in_their_order_are_complete()
    {
        var stage = Gen.Elements("a", "b", "c");
        var flows = Gen.NonEmptyListOf(Gen.NonEmptyListOf(stage).Select(flow => flow.Distinct().ToList()));
        Prop.ForAll(Arb.From(flows), Arb.From(Gen.ListOf(stage)), (offered, attempts) =>
        {
            IReadOnlyList<IReadOnlyList<string>> all = [.. offered];
            var done = new List<string>();
            foreach (var attempt in attempts.Where(attempt => !done.Contains(attempt)))
            {
                if (InteractiveFlows.IsComplete(all, done))
                    break;
                if (InteractiveFlows.MayFollow(all, done, attempt))
                    done.Add(attempt);
            }
            // Whatever is tried, what is done is always the beginning of a flow; and complete means a flow, stage by stage.
            return (done.Count == 0 || all.Any(flow => flow.Take(done.Count).SequenceEqual(done)))
                && InteractiveFlows.IsComplete(all, done) == all.Any(flow => string.Join(',', flow) == string.Join(',', done));
        }).QuickCheckThrowOnFailure();
    }
}
