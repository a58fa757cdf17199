using Matrix.Bus.Foundation;
using Matrix.Bus.Messages.Users;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Matrix.Bus.ClientApi;

/// <summary>POST /_matrix/client/v1/login/get_token</summary>
static class GetLoginTokenEndpoint
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/_matrix/client/v1/login/get_token", Handle);

    static async Task<IResult> Handle(Requester requester, HttpContext http, ICalls calls, InteractiveAuth interactive, CancellationToken cancel)
    {
        var body = await Body.Object(http, cancel, optional: true, limit: 64 << 10);
        if (await interactive.Challenge(http, body, requester, cancel) is { } challenge)
            return challenge;
        var made = await calls.Ask(new PerformLoginTokenCreation { UserId = requester.UserId }, cancel);
        return Body.Json(new { LoginToken = made.Token, made.ExpiresInMs });
    }
}
