using Matrix.Bus.Foundation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Matrix.Bus.ClientApi;

/// <summary>GET /_matrix/client/versions</summary>
static class VersionsEndpoint
{
    static readonly string[] Versions =
    [
        "r0.5.0", "r0.6.0", "r0.6.1",
        "v1.1", "v1.2", "v1.3", "v1.4", "v1.5", "v1.6", "v1.7", "v1.8", "v1.9", "v1.10", "v1.11", "v1.12",
        "v1.13", "v1.14", "v1.15", "v1.16", "v1.17", "v1.18", "v1.19",
    ];

    /// <summary>What is not in the specification yet, or was not when clients learnt to ask for it.</summary>
    static readonly Dictionary<string, bool> Features = new()
    {
        ["org.matrix.simplified_msc3575"] = true,
    };

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/_matrix/client/versions", Handle);

    static IResult Handle() => Body.Json(new { Versions, UnstableFeatures = Features });
}
