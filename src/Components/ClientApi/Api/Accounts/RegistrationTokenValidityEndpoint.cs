using Matrix.Bus.Foundation;
using Matrix.Bus.Messages.Users;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Matrix.Bus.ClientApi;

/// <summary>GET /_matrix/client/v1/register/m.login.registration_token/validity</summary>
static class RegistrationTokenValidityEndpoint
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/_matrix/client/v1/register/m.login.registration_token/validity", Handle);

    static async Task<IResult> Handle(HttpContext http, string? token, ICalls calls, AttemptLimits limits, ClientApiOptions options, CancellationToken cancel)
    {
        if (token is null)
            return MatrixError.MissingParam("token must be given.");
        if (!options.RegistrationOpen)
            return MatrixError.Forbidden("Registration is closed on this server.");
        limits.Registration(http);
        return Body.Json(new { (await calls.Ask(new QueryRegistrationToken { Token = token }, cancel)).Valid });
    }
}
