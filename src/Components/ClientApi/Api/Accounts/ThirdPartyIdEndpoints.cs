using Matrix.Bus.Foundation;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Matrix.Bus.ClientApi;

/// <summary>GET /_matrix/client/v3/account/3pid, and what would need mail or phone: refused, for this server sends neither.</summary>
static class ThirdPartyIdEndpoints
{
    static readonly string[] Refused =
    [
        "account/3pid", "account/3pid/add", "account/3pid/bind", "account/3pid/delete", "account/3pid/unbind",
    ];

    static readonly string[] RefusedTokens =
    [
        "account/3pid/email/requestToken", "account/3pid/msisdn/requestToken",
        "account/password/email/requestToken", "account/password/msisdn/requestToken",
        "register/email/requestToken", "register/msisdn/requestToken",
    ];

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapClientGet("account/3pid", (Requester _) => Body.Json(new { Threepids = Array.Empty<object>() }));
        foreach (var path in Refused)
            routes.MapClientPost(path, (Requester _) => MatrixError.Forbidden("This server keeps no third-party identifiers."));
        foreach (var path in RefusedTokens)
            routes.MapClientPost(path, () => MatrixError.Of(400, "M_THREEPID_DENIED", "This server sends neither mail nor text messages."));
    }
}
