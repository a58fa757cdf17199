using Matrix.Bus.Foundation;
using Matrix.Bus.Messages.Users;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Matrix.Bus.ClientApi;

/// <summary>POST /_matrix/client/v3/refresh</summary>
static class RefreshEndpoint
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapClientPost("refresh", Handle);

    sealed record Request(string? RefreshToken);

    static async Task<IResult> Handle(HttpContext http, ICalls calls, CancellationToken cancel)
    {
        if ((await Body.Read<Request>(http, cancel, limit: 64 << 10)).RefreshToken is not { } token)
            return MatrixError.MissingParam("refresh_token must be given.");
        var session = await calls.Ask(new PerformRefresh { TokenHash = Authentication.Hash(token) }, cancel);
        return Body.Json(new { session.AccessToken, session.RefreshToken, session.ExpiresInMs });
    }
}
