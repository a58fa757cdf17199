using Matrix.Bus.Foundation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Matrix.Bus.ClientApi;

/// <summary>GET /.well-known/matrix/client</summary>
static class WellKnownEndpoint
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/.well-known/matrix/client", Handle);

    static IResult Handle(ClientApiOptions options) => options.PublicBaseUrl is { } url
        ? Body.Json(new Dictionary<string, object> { ["m.homeserver"] = new { BaseUrl = url } })
        : MatrixError.NotFound("This server's address is told elsewhere.");
}
