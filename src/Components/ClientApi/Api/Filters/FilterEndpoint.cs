using Matrix.Bus.Foundation;
using Matrix.Bus.Messages.Users;
using Matrix.Bus.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Matrix.Bus.ClientApi;

/// <summary>POST /_matrix/client/v3/user/{userId}/filter and GET /_matrix/client/v3/user/{userId}/filter/{filterId}</summary>
static class FilterEndpoint
{
    const int MaxBytes = 64 << 10;

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapClientPost("user/{userId}/filter", Post);
        routes.MapClientGet("user/{userId}/filter/{filterId}", Get);
    }

    static async Task<IResult> Post(UserId userId, Requester requester, HttpContext http, ICalls calls, CancellationToken cancel)
    {
        if (userId != requester.UserId)
            return MatrixError.Forbidden("Only one's own filters can be made.");
        var filter = RawJson.From(await Body.Object(http, cancel, limit: MaxBytes));
        var made = await calls.Ask(new PerformFilterCreation { UserId = userId, Filter = filter }, cancel);
        return Body.Json(new { made.FilterId });
    }

    static async Task<IResult> Get(UserId userId, string filterId, Requester requester, ICalls calls, CancellationToken cancel)
    {
        if (userId != requester.UserId)
            return MatrixError.Forbidden("Only one's own filters can be read.");
        var found = await calls.Ask(new QueryFilter { UserId = userId, FilterId = filterId }, cancel);
        return found.Filter is { } filter ? Body.Json(filter) : MatrixError.NotFound("There is no such filter.");
    }
}
