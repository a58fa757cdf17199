using System.Text.Json;
using Matrix.Bus.Foundation;
using Matrix.Bus.Messages.Users;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Matrix.Bus.ClientApi;

/// <summary>POST /_matrix/client/v3/account/password</summary>
static class PasswordEndpoint
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapClientPost("account/password", Handle);

    sealed record Request(string? NewPassword, bool? LogoutDevices);

    static async Task<IResult> Handle(Requester requester, HttpContext http, ICalls calls, InteractiveAuth interactive, Authentication authentication, CancellationToken cancel)
    {
        var body = await Body.Object(http, cancel, limit: 64 << 10);
        var request = body.Deserialize<Request>(Body.Options)!;
        if (await interactive.Challenge(http, body, requester, cancel) is { } challenge)
            return challenge;
        if (request.NewPassword is not { } password)
            return MatrixError.MissingParam("new_password must be given.");
        await calls.Ask(
            new PerformPasswordUpdate
            {
                UserId = requester.UserId,
                Password = password,
                LogoutDevices = request.LogoutDevices ?? true,
                KeptDeviceId = requester.DeviceId,
            },
            cancel);
        authentication.Forget(requester.UserId);
        return Body.Empty;
    }
}
