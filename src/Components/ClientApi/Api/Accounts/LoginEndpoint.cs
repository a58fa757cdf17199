using System.Text.Json;
using Matrix.Bus.Foundation;
using Matrix.Bus.Messages.Users;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Matrix.Bus.ClientApi;

/// <summary>GET and POST /_matrix/client/v3/login</summary>
static class LoginEndpoint
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapClientGet("login", Flows);
        routes.MapClientPost("login", Login);
    }

    sealed record Request(
        string? Type, JsonElement? Identifier, string? User, string? Medium, string? Address, string? Password, string? Token,
        string? DeviceId, string? InitialDeviceDisplayName, bool? RefreshToken);

    static IResult Flows() => Body.Json(new
    {
        Flows = new object[] { new { Type = "m.login.password" }, new { Type = "m.login.token", GetLoginToken = true } },
    });

    static async Task<IResult> Login(HttpContext http, ICalls calls, AttemptLimits limits, ClientApiOptions options, CancellationToken cancel)
    {
        var request = await Body.Read<Request>(http, cancel, limit: 64 << 10);
        limits.Login(http, UserIdentifier.Of(request.Identifier, request.User));
        var device = new NewDevice
        {
            DeviceId = request.DeviceId,
            InitialDisplayName = request.InitialDeviceDisplayName,
            WantsRefreshToken = request.RefreshToken ?? false,
        };
        return request.Type switch
        {
            null => MatrixError.MissingParam("type must be given."),
            "m.login.password" => await ByPassword(request, device, calls, options, cancel),
            "m.login.token" when request.Token is null => MatrixError.MissingParam("token must be given."),
            "m.login.token" => Answer(await calls.Ask(new PerformTokenLogin { TokenHash = Authentication.Hash(request.Token), Device = device }, cancel), options),
            _ => MatrixError.Of(400, "M_UNKNOWN", "This server does not know that way to log in."),
        };
    }

    static async Task<IResult> ByPassword(Request request, NewDevice device, ICalls calls, ClientApiOptions options, CancellationToken cancel)
    {
        if (UserIdentifier.Of(request.Identifier, request.User) is not { } user)
            return MatrixError.Forbidden("Only users of this server by their name can log in by password.");
        if (request.Password is null)
            return MatrixError.MissingParam("password must be given.");
        return Answer(await calls.Ask(new PerformPasswordLogin { User = user, Password = request.Password, Device = device }, cancel), options);
    }

    static IResult Answer(Session session, ClientApiOptions options) => Body.Json(new
    {
        UserId = session.UserId.Value,
        session.AccessToken,
        session.DeviceId,
        session.RefreshToken,
        session.ExpiresInMs,
        HomeServer = session.UserId.Server.Value,
        WellKnown = options.PublicBaseUrl is { } url
            ? new Dictionary<string, object> { ["m.homeserver"] = new { BaseUrl = url } }
            : null,
    });
}
