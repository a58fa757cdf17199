using System.Text.Json;
using Matrix.Bus.Foundation;
using Matrix.Bus.Messages.Users;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Matrix.Bus.ClientApi;

/// <summary>POST /_matrix/client/v3/account/deactivate</summary>
static class DeactivateEndpoint
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapClientPost("account/deactivate", Handle);

    sealed record Request(bool? Erase);

    static async Task<IResult> Handle(Requester requester, HttpContext http, ICalls calls, InteractiveAuth interactive, Authentication authentication, CancellationToken cancel)
    {
        var body = await Body.Object(http, cancel, optional: true, limit: 64 << 10);
        var request = body.Deserialize<Request>(Body.Options)!;
        if (await interactive.Challenge(http, body, requester, cancel) is { } challenge)
            return challenge;
        await calls.Ask(new PerformAccountDeactivation { UserId = requester.UserId, Erase = request.Erase ?? false }, cancel);
        authentication.Forget(requester.UserId);
        return Body.Json(new { IdServerUnbindResult = "no-support" });
    }
}
