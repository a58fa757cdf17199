using Matrix.Bus.Foundation;
using Microsoft.AspNetCore.Routing;

namespace Matrix.Bus.ClientApi;

/// <summary>GET /_matrix/client/v3/voip/turnServer and GET /_matrix/client/v3/thirdparty/protocols, pushers, notifications: there are
/// none, which is an answer.</summary>
static class NothingHereEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapClientGet("voip/turnServer", (Requester _) => Body.Empty);
        routes.MapClientGet("thirdparty/protocols", (Requester _) => Body.Empty);
        routes.MapClientGet("pushers", (Requester _) => Body.Json(new { Pushers = Array.Empty<object>() }));
    }
}
