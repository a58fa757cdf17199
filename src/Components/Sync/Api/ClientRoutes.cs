using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace Matrix.Bus.Sync.Api;

/// <summary>Maps a path under <c>/_matrix/client/v3</c> and under <c>r0</c>, which clients of before v1.1 still use.</summary>
static class ClientRoutes
{
    public static void MapClientGet(this IEndpointRouteBuilder routes, string path, Delegate handler)
    {
        routes.MapGet("/_matrix/client/v3/" + path, handler);
        routes.MapGet("/_matrix/client/r0/" + path, handler);
    }
}
