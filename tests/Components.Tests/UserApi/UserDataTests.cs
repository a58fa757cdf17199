using Matrix.Bus.Foundation;
using Matrix.Bus.Messages.Users;
using Matrix.Bus.Protocol;
using Microsoft.Extensions.DependencyInjection;

namespace Matrix.Bus.Components.Tests.UserApi;

public sealed class UserDataTests(SharedAccountServer shared) : IClassFixture<SharedAccountServer>
{
    AccountServer Server => shared.Server;

    async Task<List<OutputClientData>> Logged(AccountServer.Account account)
    {
        var log = Server.Services.GetRequiredService<ILogReader<OutputClientData>>();
        var partition = Matrix.Bus.Messages.Partition.Of(account.UserId, 16);
        return [.. (await log.Read(partition, 0, 10_000, CancellationToken.None)).Select(entry => entry.Entry).Where(entry => entry.Key == account.UserId)];
    }

    [Fact]
    public async Task Account_data_is_kept_globally_and_per_room_and_told_in_the_log()
    {
        var account = await Server.Register("data");
        var path = $"user/{account.UserId}/account_data/org.example.x";
        var roomPath = $"user/{account.UserId}/rooms/!r:test/account_data/org.example.x";
        (await Server.Get(path, account.Token)).Refused(404, "M_NOT_FOUND");
        (await Server.Put(path, new { a = 1 }, account.Token)).Ok();
        (await Server.Put(roomPath, new { a = 2 }, account.Token)).Ok();
        (await Server.Put(roomPath, new { a = 2 }, account.Token)).Ok();
        Assert.Equal(1, (await Server.Get(path, account.Token)).Ok()["a"].GetInt32());
        Assert.Equal(2, (await Server.Get(roomPath, account.Token)).Ok()["a"].GetInt32());
        var logged = await Logged(account);
        Assert.Equal(["m.push_rules", "org.example.x", "org.example.x"], logged.Select(entry => entry.Type));
        Assert.Equal([null, null, RoomId.Parse("!r:test")], logged.Select(entry => entry.RoomId));
    }

    [Fact]
    public async Task Account_data_of_others_is_out_of_reach_and_what_the_server_keeps_cannot_be_set()
    {
        var alice = await Server.Register("data-alice");
        var bob = await Server.Register("data-bob");
        (await Server.Put($"user/{bob.UserId}/account_data/x", new { }, alice.Token)).Refused(403, "M_FORBIDDEN");
        (await Server.Get($"user/{bob.UserId}/account_data/x", alice.Token)).Refused(403, "M_FORBIDDEN");
        (await Server.Put($"user/{alice.UserId}/account_data/m.push_rules", new { }, alice.Token)).Refused(405, "M_BAD_JSON");
        (await Server.Put($"user/{alice.UserId}/rooms/!r:test/account_data/m.fully_read", new { }, alice.Token)).Refused(405, "M_BAD_JSON");
        (await Server.Put($"user/{alice.UserId}/account_data/x", "[]", alice.Token)).Refused(400, "M_BAD_JSON");
        (await Server.Put($"user/{alice.UserId}/account_data/x", "{", alice.Token)).Refused(400, "M_NOT_JSON");
        (await Server.Put($"user/{alice.UserId}/account_data/{new string('x', 256)}", new { }, alice.Token)).Refused(400, "M_INVALID_PARAM");
    }

    [Fact]
    public async Task Tags_come_and_go_and_none_is_lost_when_set_at_once()
    {
        var account = await Server.Register("tagger");
        var tags = $"user/{account.UserId}/rooms/!r:test/tags";
        Assert.Empty((await Server.Get(tags, account.Token)).Ok()["tags"].EnumerateObject());
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async n => (await Server.Put($"{tags}/u.{n}", new { order = n / 8.0 }, account.Token)).Ok()));
        Assert.Equal(8, (await Server.Get(tags, account.Token)).Ok()["tags"].EnumerateObject().Count());
        (await Server.Delete($"{tags}/u.3", null, account.Token)).Ok();
        (await Server.Delete($"{tags}/u.3", null, account.Token)).Ok();
        Assert.False((await Server.Get(tags, account.Token)).Ok()["tags"].TryGetProperty("u.3", out _));
        Assert.Equal(9, (await Logged(account)).Count(entry => entry.Type == "m.tag"));
        (await Server.Put($"{tags}/u.9", new { order = 2 }, account.Token)).Refused(400, "M_INVALID_PARAM");
        (await Server.Put($"{tags}/u.9", new { order = "first" }, account.Token)).Refused(400, "M_INVALID_PARAM");
    }

    [Fact]
    public async Task The_same_filter_has_the_same_id_and_another_user_has_it_not()
    {
        var account = await Server.Register("filterer");
        var other = await Server.Register("filterer2");
        var path = $"user/{account.UserId}/filter";
        var body = """{"room":{"timeline":{"limit":5},"include_leave":true},"event_fields":["type"]}""";
        var id = (await Server.Post(path, body, account.Token)).Ok()["filter_id"].GetString();
        Assert.Equal(id, (await Server.Post(path, body, account.Token)).Ok()["filter_id"].GetString());
        var second = (await Server.Post(path, new { }, account.Token)).Ok()["filter_id"].GetString();
        Assert.NotEqual(id, second);
        Assert.Equal(5, (await Server.Get($"{path}/{id}", account.Token)).Ok()["room"].GetProperty("timeline").GetProperty("limit").GetInt32());
        (await Server.Get($"{path}/12345", account.Token)).Refused(404, "M_NOT_FOUND");
        (await Server.Get($"{path}/nonsense", account.Token)).Refused(404, "M_NOT_FOUND");
        (await Server.Get($"user/{account.UserId}/filter/{id}", other.Token)).Refused(403, "M_FORBIDDEN");
        (await Server.Get($"user/{other.UserId}/filter/{id}", other.Token)).Refused(404, "M_NOT_FOUND");
    }

    [Theory]
    [InlineData("""{"room":[]}""")]
    [InlineData("""{"room":{"timeline":{"limit":"5"}}}""")]
    [InlineData("""{"room":{"timeline":{"limit":-1}}}""")]
    [InlineData("""{"room":{"rooms":["not a room"]}}""")]
    [InlineData("""{"presence":{"senders":["nobody"]}}""")]
    [InlineData("""{"event_fields":"type"}""")]
    [InlineData("""{"event_format":"xml"}""")]
    [InlineData("""{"room":{"state":{"lazy_load_members":"yes"}}}""")]
    public async Task A_malformed_filter_is_refused(string filter)
    {
        var account = await Server.Register($"malformed{(uint)filter.GetHashCode(StringComparison.Ordinal)}a");
        (await Server.Post($"user/{account.UserId}/filter", filter, account.Token)).Refused(400, "M_BAD_JSON");
    }

    [Fact]
    public async Task The_default_push_rules_are_the_user_s_own()
    {
        var account = await Server.Register("pushed");
        var rules = (await Server.Get("pushrules/", account.Token)).Ok()["global"];
        Assert.Equal(".m.rule.master", rules.GetProperty("override")[0].GetProperty("rule_id").GetString());
        var mention = (await Server.Get("pushrules/global/override/.m.rule.is_user_mention", account.Token)).Ok();
        Assert.Equal(account.UserId, mention["conditions"][0].GetProperty("value").GetString());
        Assert.Equal("m.push_rules", Assert.Single(await Logged(account)).Type);
    }

    [Fact]
    public async Task Push_rules_are_made_ordered_switched_and_removed()
    {
        var account = await Server.Register("ruler");
        async Task<List<string>> Overrides() =>
            [.. (await Server.Get("pushrules/global/", account.Token)).Ok()["override"].EnumerateArray().Select(rule => rule.GetProperty("rule_id").GetString()!)];
        var rule = new { actions = new[] { "notify" }, conditions = new[] { new { kind = "event_match", key = "type", pattern = "x" } } };

        (await Server.Put("pushrules/global/override/one", rule, account.Token)).Ok();
        (await Server.Put("pushrules/global/override/two", rule, account.Token)).Ok();
        (await Server.Put("pushrules/global/override/three?after=two", rule, account.Token)).Ok();
        Assert.Equal([".m.rule.master", "two", "three", "one"], (await Overrides()).Take(4));
        (await Server.Put("pushrules/global/override/one?before=two", rule, account.Token)).Ok();
        Assert.Equal([".m.rule.master", "one", "two", "three"], (await Overrides()).Take(4));

        (await Server.Put("pushrules/global/override/.m.rule.master/enabled", new { enabled = true }, account.Token)).Ok();
        Assert.True((await Server.Get("pushrules/global/override/.m.rule.master/enabled", account.Token)).Ok()["enabled"].GetBoolean());
        (await Server.Put("pushrules/global/underride/.m.rule.message/actions", new { actions = Array.Empty<string>() }, account.Token)).Ok();
        Assert.Equal(0, (await Server.Get("pushrules/global/underride/.m.rule.message/actions", account.Token)).Ok()["actions"].GetArrayLength());
        (await Server.Delete("pushrules/global/override/two", null, account.Token)).Ok();
        Assert.DoesNotContain("two", await Overrides());
    }

    [Theory]
    [InlineData("PUT", "override/.mine", """{"actions":[]}""", 400, "M_INVALID_PARAM")]
    [InlineData("PUT", "nonsense/x", """{"actions":[]}""", 400, "M_INVALID_PARAM")]
    [InlineData("PUT", "override/x", """{}""", 400, "M_MISSING_PARAM")]
    [InlineData("PUT", "override/x", """{"actions":[7]}""", 400, "M_INVALID_PARAM")]
    [InlineData("PUT", "content/x", """{"actions":[]}""", 400, "M_MISSING_PARAM")]
    [InlineData("PUT", "override/x?before=absent", """{"actions":[]}""", 404, "M_NOT_FOUND")]
    [InlineData("PUT", "override/x?before=.m.rule.master", """{"actions":[]}""", 400, "M_UNKNOWN")]
    [InlineData("PUT", "override/absent/enabled", """{"enabled":true}""", 404, "M_NOT_FOUND")]
    [InlineData("PUT", "override/.m.rule.master/enabled", """{"enabled":"yes"}""", 400, "M_MISSING_PARAM")]
    [InlineData("DELETE", "override/absent", null, 404, "M_NOT_FOUND")]
    [InlineData("DELETE", "override/.m.rule.master", null, 400, "M_UNKNOWN")]
    [InlineData("GET", "override/absent", null, 404, "M_NOT_FOUND")]
    public async Task Bad_changes_of_push_rules_are_refused(string method, string path, string? body, int status, string errcode)
    {
        var account = await Server.Register($"badrule{(uint)HashCode.Combine(method, path, body)}a");
        (await Server.Ask(new HttpMethod(method), "pushrules/global/" + path, body, account.Token)).Refused(status, errcode);
    }

    [Fact]
    public async Task What_the_server_can_do_is_said()
    {
        var account = await Server.Register("asker");
        var capabilities = (await Server.Get("capabilities", account.Token)).Ok()["capabilities"];
        Assert.Equal("12", capabilities.GetProperty("m.room_versions").GetProperty("default").GetString());
        Assert.Equal(12, capabilities.GetProperty("m.room_versions").GetProperty("available").EnumerateObject().Count());
        Assert.False(capabilities.GetProperty("m.3pid_changes").GetProperty("enabled").GetBoolean());
        Assert.Contains((await Server.Get("/_matrix/client/versions")).Ok()["versions"].EnumerateArray(), version => version.GetString() == "v1.19");
        (await Server.Get("/.well-known/matrix/client")).Refused(404, "M_NOT_FOUND");
        Assert.Empty((await Server.Get("voip/turnServer", account.Token)).Ok().Body.EnumerateObject());
        (await Server.Get("capabilities")).Refused(401, "M_MISSING_TOKEN");
        Assert.Equal(0, (await Server.Get("account/3pid", account.Token)).Ok()["threepids"].GetArrayLength());
        (await Server.Post("account/password/email/requestToken", new { })).Refused(400, "M_THREEPID_DENIED");
    }

    [Fact]
    public async Task The_public_address_is_told_where_it_is_known()
    {
        await using var server = await AccountServer.Start(new() { ["MatrixBus:PublicBaseUrl"] = "https://matrix.test" });
        Assert.Equal("https://matrix.test", (await server.Get("/.well-known/matrix/client")).Ok()["m.homeserver"].GetProperty("base_url").GetString());
    }
}
