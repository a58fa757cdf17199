using System.Net;
using Matrix.Bus.Foundation;
using Microsoft.AspNetCore.Http;

namespace Matrix.Bus.Components.Tests.UserApi;

public sealed class AttemptLimitTests
{
    [Fact]
    public async Task Guessing_one_account_s_password_is_stopped_and_allowed_again_later()
    {
        var clock = new MovableClock();
        await using var server = await AccountServer.Start(new() { ["MatrixBus:RateLimits:Enabled"] = "true" }, clock: clock);
        var account = await server.Register("guessed");
        var answers = new List<AccountServer.Answer>();
        for (var n = 0; n < 11; n++)
            answers.Add(await server.Post("login", new { type = "m.login.password", user = n % 2 == 0 ? "guessed" : "@GUESSED:test", password = "guess" }));
        Assert.All(answers.Take(10), answer => answer.Refused(403, "M_FORBIDDEN"));
        var limited = answers[10].Refused(429, "M_LIMIT_EXCEEDED");
        Assert.InRange(limited["retry_after_ms"].GetInt64(), 1, 6000);
        Assert.NotNull(limited.RetryAfter);
        clock.Move(TimeSpan.FromMilliseconds(limited["retry_after_ms"].GetInt64()));
        (await server.Post("login", new { type = "m.login.password", user = "guessed", password = account.Password })).Ok();
    }

    [Fact]
    public async Task Registering_from_one_address_is_limited_and_a_forged_forwarding_does_not_help()
    {
        await using var server = await AccountServer.Start(new() { ["MatrixBus:RateLimits:Enabled"] = "true" });
        var last = HttpStatusCode.OK;
        for (var n = 0; n < 21; n++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"/_matrix/client/v3/register/available?username=n{n}");
            request.Headers.Add("X-Forwarded-For", $"203.0.113.{n}");
            using var response = await server.Http.SendAsync(request);
            last = response.StatusCode;
            Assert.Equal(n < 20 ? HttpStatusCode.OK : HttpStatusCode.TooManyRequests, last);
        }
    }

    [Theory]
    [InlineData("10.0.0.1", "", "10.0.0.1")]
    [InlineData("10.0.0.1", "198.51.100.7", "198.51.100.7")]
    [InlineData("10.0.0.1", "1.2.3.4, 198.51.100.7", "198.51.100.7")]
    [InlineData("10.0.0.1", "198.51.100.7, 10.9.9.9", "198.51.100.7")]
    [InlineData("10.0.0.1", "not an address", "10.0.0.1")]
    [InlineData("198.51.100.1", "203.0.113.5", "198.51.100.1")]
    [InlineData("::ffff:10.0.0.1", "2001:db8::1", "2001:db8::1")]
    public void Forwarding_is_believed_from_trusted_proxies_alone(string remote, string forwarded, string expected)
    {
        var http = new DefaultHttpContext();
        http.Connection.RemoteIpAddress = IPAddress.Parse(remote);
        http.Request.Headers["X-Forwarded-For"] = forwarded;
        var addresses = new ClientAddresses(new MatrixBusOptions { TrustedProxies = ["10.0.0.0/8"] });
        Assert.Equal(expected, addresses.Of(http));
    }
}
