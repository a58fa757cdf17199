using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Messages.Users;
using Matrix.Bus.Protocol;
using Microsoft.Extensions.DependencyInjection;

namespace Matrix.Bus.Components.Tests.UserApi;

public sealed class ProfileTests(SharedAccountServer shared) : IClassFixture<SharedAccountServer>
{
    AccountServer Server => shared.Server;

    [Fact]
    public async Task Fields_are_set_read_and_removed()
    {
        var account = await Server.Register("profiled");
        var path = $"profile/{account.UserId}";
        Assert.Empty((await Server.Get(path)).Ok().Body.EnumerateObject());
        (await Server.Get(path + "/displayname")).Refused(404, "M_NOT_FOUND");
        (await Server.Put(path + "/displayname", new { displayname = "Pröfiled 🦊" }, account.Token)).Ok();
        (await Server.Put(path + "/avatar_url", new { avatar_url = "mxc://test/abc" }, account.Token)).Ok();
        (await Server.Put(path + "/org.example.pronouns", """{"org.example.pronouns":[{"subject":"they"}]}""", account.Token)).Ok();
        (await Server.Put(path + "/m.tz", """{"m.tz":"Europe/Vienna"}""", account.Token)).Ok();
        var profile = (await Server.Get(path)).Ok();
        Assert.Equal("Pröfiled 🦊", profile["displayname"].GetString());
        Assert.Equal("they", profile["org.example.pronouns"][0].GetProperty("subject").GetString());
        Assert.Equal("mxc://test/abc", (await Server.Get(path + "/avatar_url")).Ok()["avatar_url"].GetString());
        (await Server.Delete(path + "/org.example.pronouns", null, account.Token)).Ok();
        (await Server.Delete(path + "/org.example.pronouns", null, account.Token)).Ok();
        (await Server.Get(path + "/org.example.pronouns")).Refused(404, "M_NOT_FOUND");
        (await Server.Put(path + "/displayname", new { displayname = "" }, account.Token)).Ok();
        (await Server.Get(path + "/displayname")).Refused(404, "M_NOT_FOUND");
    }

    [Theory]
    [InlineData("displayname", """{"displayname":7}""", "M_INVALID_PARAM")]
    [InlineData("displayname", """{"displayname":"\u0000"}""", "M_INVALID_PARAM")]
    [InlineData("displayname", """{"other":"x"}""", "M_MISSING_PARAM")]
    [InlineData("displayname", """[]""", "M_BAD_JSON")]
    [InlineData("displayname", """{""", "M_NOT_JSON")]
    [InlineData("avatar_url", """{"avatar_url":"https://example.org/x.png"}""", "M_INVALID_PARAM")]
    [InlineData("m.tz", """{"m.tz":null}""", "M_INVALID_PARAM")]
    [InlineData("Org.Example", """{"Org.Example":1}""", "M_INVALID_PARAM")]
    [InlineData("1st", """{"1st":1}""", "M_INVALID_PARAM")]
    public async Task Bad_fields_are_refused(string key, string body, string errcode)
    {
        var account = await Server.Register($"badfield{(uint)HashCode.Combine(key, body)}a");
        (await Server.Put($"profile/{account.UserId}/{key}", body, account.Token)).Refused(400, errcode);
    }

    [Fact]
    public async Task A_profile_stays_below_64_KiB_and_a_key_within_255_bytes()
    {
        var account = await Server.Register("big");
        async Task<AccountServer.Answer> Put(string key, int size) =>
            await Server.Put($"profile/{account.UserId}/{key}", $$"""{"{{key}}":"{{new string('x', size)}}"}""", account.Token);
        (await Put("org.one", 40_000)).Ok();
        (await Put("org.two", 40_000)).Refused(400, "M_PROFILE_TOO_LARGE");
        (await Put("org.one", 65_000)).Ok();
        (await Put("org.one", 65_536)).Refused(400, "M_PROFILE_TOO_LARGE");
        (await Put("displayname", 257)).Refused(400, "M_INVALID_PARAM");
        (await Put("org." + new string('k', 252), 1)).Refused(400, "M_KEY_TOO_LARGE");
        (await Put("org." + new string('k', 251), 1)).Ok();
    }

    [Fact]
    public async Task Others_profiles_cannot_be_changed_and_nobody_has_none()
    {
        var alice = await Server.Register("prof-alice");
        var bob = await Server.Register("prof-bob");
        (await Server.Put($"profile/{bob.UserId}/displayname", new { displayname = "Eve" }, alice.Token)).Refused(403, "M_FORBIDDEN");
        (await Server.Delete($"profile/{bob.UserId}/displayname", null, alice.Token)).Refused(403, "M_FORBIDDEN");
        (await Server.Put($"profile/{bob.UserId}/displayname", new { displayname = "Eve" })).Refused(401, "M_MISSING_TOKEN");
        (await Server.Get("profile/@nobody:test")).Refused(404, "M_NOT_FOUND");
        (await Server.Get("profile/nonsense")).Refused(400, "M_INVALID_PARAM");
    }

    [Fact]
    public async Task A_suspended_user_cannot_change_the_profile()
    {
        var account = await Server.Register("suspended");
        await Server.Services.GetRequiredService<ICalls>().Ask(new PerformAccountStanding { UserId = UserId.Parse(account.UserId), Suspended = true }, CancellationToken.None);
        (await Server.Put($"profile/{account.UserId}/displayname", new { displayname = "x" }, account.Token)).Refused(403, "M_USER_SUSPENDED");
        (await Server.Get("account/whoami", account.Token)).Ok();
    }

    [Fact]
    public async Task Users_are_found_by_name_and_id_the_best_first()
    {
        var seeker = await Server.Register("seeker");
        foreach (var (name, display) in new[] { ("zz-willow", "Tree"), ("willow", "Plain"), ("oak", "Willow"), ("xwillowx", "Within") })
        {
            var account = await Server.Register(name);
            (await Server.Put($"profile/{account.UserId}/displayname", new { displayname = display }, account.Token)).Ok();
        }
        var found = (await Server.Post("user_directory/search", new { search_term = "WILLOW" }, seeker.Token)).Ok();
        Assert.Equal(["@oak:test", "@willow:test", "@xwillowx:test", "@zz-willow:test"], found["results"].EnumerateArray().Select(user => user.GetProperty("user_id").GetString()));
        Assert.Equal("Willow", found["results"][0].GetProperty("display_name").GetString());
        Assert.False(found["limited"].GetBoolean());
        Assert.True((await Server.Post("user_directory/search", new { search_term = "willow", limit = 3 }, seeker.Token)).Ok()["limited"].GetBoolean());
        Assert.Empty((await Server.Post("user_directory/search", new { search_term = "%' OR 1=1" }, seeker.Token)).Ok()["results"].EnumerateArray());
        (await Server.Post("user_directory/search", new { }, seeker.Token)).Refused(400, "M_MISSING_PARAM");
    }

    [Fact]
    public async Task A_new_name_reaches_the_rooms_even_after_a_crash()
    {
        var database = await TestDatabase.New();
        string user, token;
        // Nobody answers for rooms here: what is to be shown waits.
        await using (var without = await AccountServer.Start(database: database))
        {
            var account = await without.Register("shown");
            (user, token) = (account.UserId, account.Token);
            (await without.Put($"profile/{user}/displayname", new { displayname = "First" }, token)).Ok();
        }
        var rooms = new FakeRooms();
        await using var server = await AccountServer.Start(database: database, rooms: rooms);
        await Harness.Wait.Until(() => rooms.Shown("!one:test") == "First" && rooms.Shown("!two:test") == "First", TimeSpan.FromSeconds(10));
        (await server.Put($"profile/{user}/displayname", new { displayname = "Second" }, token)).Ok();
        await Harness.Wait.Until(() => rooms.Shown("!one:test") == "Second" && rooms.Shown("!two:test") == "Second", TimeSpan.FromSeconds(10));
        (await server.Delete($"profile/{user}/displayname", null, token)).Ok();
        await Harness.Wait.Until(() => rooms.Shown("!one:test") == null && rooms.Shown("!two:test") == null, TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_deactivated_user_leaves_every_room()
    {
        var rooms = new FakeRooms();
        await using var server = await AccountServer.Start(rooms: rooms);
        var account = await server.Register("leaving");
        var auth = new { type = "m.login.password", user = "leaving", password = account.Password };
        (await server.Post("account/deactivate", new { auth }, account.Token)).Ok();
        await Harness.Wait.Until(() => rooms.Left.Count == 2, TimeSpan.FromSeconds(10));
        (await server.Get($"profile/{account.UserId}")).Refused(404, "M_NOT_FOUND");
    }
}
