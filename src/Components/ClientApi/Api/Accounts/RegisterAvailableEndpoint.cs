using Matrix.Bus.Foundation;
using Matrix.Bus.Messages.Users;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Matrix.Bus.ClientApi;

/// <summary>GET /_matrix/client/v3/register/available</summary>
static class RegisterAvailableEndpoint
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapClientGet("register/available", Handle);

    static async Task<IResult> Handle(HttpContext http, string? username, ICalls calls, AttemptLimits limits, ClientApiOptions options, CancellationToken cancel)
    {
        if (username is null)
            return MatrixError.MissingParam("username must be given.");
        if (!options.RegistrationOpen)
            return MatrixError.Forbidden("Registration is closed on this server.");
        limits.Registration(http);
        await calls.Ask(new QueryAccountAvailability { Localpart = username }, cancel);
        return Body.Json(new { Available = true });
    }
}
