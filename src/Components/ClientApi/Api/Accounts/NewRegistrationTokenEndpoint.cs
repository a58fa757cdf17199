using Matrix.Bus.Foundation;
using Matrix.Bus.Messages.Users;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Matrix.Bus.ClientApi;

/// <summary>POST /_synapse/admin/v1/registration_tokens/new: an administrator makes a registration token, in the words that other
/// servers' tooling uses. Served with the internal API.</summary>
static class NewRegistrationTokenEndpoint
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/_synapse/admin/v1/registration_tokens/new", Handle);

    sealed record Request(string? Token, int? UsesAllowed, long? ExpiryTime);

    static async Task<IResult> Handle(Requester requester, HttpContext http, ICalls calls, CancellationToken cancel)
    {
        if (!requester.Owner.IsAdmin)
            return MatrixError.Forbidden("Only for administrators.");
        var request = await Body.Read<Request>(http, cancel, optional: true, limit: 16 << 10);
        if (request.ExpiryTime is < 0 or > 253_402_300_799_999)
            return MatrixError.InvalidParam("expiry_time is milliseconds since the epoch.");
        var made = await calls.Ask(
            new PerformRegistrationTokenCreation
            {
                Token = request.Token,
                UsesAllowed = request.UsesAllowed,
                ExpiresAt = request.ExpiryTime is { } time ? DateTimeOffset.FromUnixTimeMilliseconds(time) : null,
            },
            cancel);
        return Body.Json(new { made.Token, request.UsesAllowed, request.ExpiryTime });
    }
}
