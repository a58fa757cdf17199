using System.Text.Json;
using Matrix.Bus.Foundation;
using Matrix.Bus.Messages.Users;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Matrix.Bus.ClientApi;

/// <summary>POST /_matrix/client/v3/register</summary>
static class RegisterEndpoint
{
    static readonly string[][] Open = [["m.login.dummy"]];
    static readonly string[][] WithToken = [["m.login.registration_token"]];

    public static void Map(IEndpointRouteBuilder routes) => routes.MapClientPost("register", Handle);

    sealed record Request(
        string? Type, string? Username, string? Password, string? DeviceId, string? InitialDeviceDisplayName, bool? InhibitLogin, bool? RefreshToken);

    static async Task<IResult> Handle(
        HttpContext http, string? kind, ICalls calls, InteractiveAuth interactive, AttemptLimits limits, ClientApiOptions options, CancellationToken cancel)
    {
        var body = await Body.Object(http, cancel, optional: true, limit: 64 << 10);
        var request = body.Deserialize<Request>(Body.Options)!;
        switch (kind)
        {
            case null or "user":
                break;
            case "guest":
                return MatrixError.Of(403, "M_GUEST_ACCESS_FORBIDDEN", "This server has no guests.");
            default:
                return MatrixError.InvalidParam("kind is 'user' or 'guest'.");
        }
        if (!options.RegistrationOpen)
            return MatrixError.Forbidden("Registration is closed on this server.");
        limits.Registration(http);

        // Everything that can be wrong is said before the stages, so that a person does not go through them for nothing.
        if (request.Username is { } username)
            await calls.Ask(new QueryAccountAvailability { Localpart = username.ToLowerInvariant() }, cancel);
        if (await interactive.Challenge(http, body, user: null, options.RequireToken ? WithToken : Open, cancel) is { } challenge)
            return challenge;
        if (request.Password is not { } password)
            return MatrixError.MissingParam("password must be given.");

        var created = await calls.Ask(
            new PerformAccountCreation
            {
                Localpart = request.Username?.ToLowerInvariant(),
                Password = password,
                Device = request.InhibitLogin == true
                    ? null
                    : new NewDevice { DeviceId = request.DeviceId, InitialDisplayName = request.InitialDeviceDisplayName, WantsRefreshToken = request.RefreshToken ?? false },
            },
            cancel);
        return Body.Json(new
        {
            UserId = created.UserId.Value,
            HomeServer = options.ServerName.Value,
            created.Session?.AccessToken,
            created.Session?.DeviceId,
            created.Session?.RefreshToken,
            created.Session?.ExpiresInMs,
        });
    }
}
