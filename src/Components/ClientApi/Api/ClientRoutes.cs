using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace Matrix.Bus.ClientApi;

/// <summary>Maps a path under <c>/_matrix/client/v3</c> and under <c>r0</c>, which clients of before v1.1 still use.</summary>
static class ClientRoutes
{
    static readonly string[] Prefixes = ["/_matrix/client/v3/", "/_matrix/client/r0/"];

    public static void MapClientGet(this IEndpointRouteBuilder routes, string path, Delegate handler) => routes.MapClient(path, ["GET"], handler);

    public static void MapClientPost(this IEndpointRouteBuilder routes, string path, Delegate handler) => routes.MapClient(path, ["POST"], handler);

    public static void MapClientPut(this IEndpointRouteBuilder routes, string path, Delegate handler) => routes.MapClient(path, ["PUT"], handler);

    public static void MapClientDelete(this IEndpointRouteBuilder routes, string path, Delegate handler) => routes.MapClient(path, ["DELETE"], handler);

    /// <summary>Maps it with metadata (<see cref="Foundation.LockedUsersMayCall"/>).</summary>
    public static void MapClient(this IEndpointRouteBuilder routes, string path, string[] methods, Delegate handler, params object[] metadata)
    {
        foreach (var prefix in Prefixes)
            routes.MapMethods(prefix + path, methods, handler).WithMetadata(metadata);
    }
}
