using Matrix.Bus.Foundation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Matrix.Bus.ClientApi;

/// <summary>GET /_matrix/client/v3/account/whoami</summary>
static class WhoamiEndpoint
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapClientGet("account/whoami", Handle);

    static IResult Handle(Requester requester) =>
        Body.Json(new { UserId = requester.UserId.Value, requester.DeviceId, requester.Owner.IsGuest });
}
