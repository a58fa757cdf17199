using Matrix.Bus.Foundation;
using Matrix.Bus.Messages.Users;
using Matrix.Bus.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Matrix.Bus.ClientApi;

/// <summary>POST /_matrix/client/v3/user/{userId}/openid/request_token</summary>
static class OpenIdEndpoint
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapClientPost("user/{userId}/openid/request_token", Handle);

    static async Task<IResult> Handle(UserId userId, Requester requester, HttpContext http, ICalls calls, CancellationToken cancel)
    {
        if (userId != requester.UserId)
            return MatrixError.Forbidden("Only for oneself.");
        await Body.Object(http, cancel, optional: true, limit: 64 << 10);
        var token = await calls.Ask(new PerformOpenIdTokenCreation { UserId = userId }, cancel);
        return Body.Json(new
        {
            AccessToken = token.Token,
            TokenType = "Bearer",
            MatrixServerName = userId.Server.Value,
            ExpiresIn = token.ExpiresInSeconds,
        });
    }
}
