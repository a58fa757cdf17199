using System.Text;
using System.Text.Json;
using Matrix.Bus.Foundation;
using Matrix.Bus.Messages.Users;
using Matrix.Bus.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Matrix.Bus.ClientApi;

/// <summary>GET /_matrix/client/v3/user/{userId}/rooms/{roomId}/tags, PUT and DELETE …/tags/{tag}</summary>
static class TagsEndpoint
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapClientGet("user/{userId}/rooms/{roomId}/tags", Get);
        routes.MapClientPut("user/{userId}/rooms/{roomId}/tags/{tag}", Put);
        routes.MapClientDelete("user/{userId}/rooms/{roomId}/tags/{tag}", Delete);
    }

    static async Task<IResult> Get(UserId userId, RoomId roomId, Requester requester, ICalls calls, CancellationToken cancel)
    {
        if (userId != requester.UserId)
            return MatrixError.Forbidden("Only one's own tags can be read.");
        var found = await calls.Ask(new QueryAccountData { UserId = userId, RoomId = roomId, Type = "m.tag" }, cancel);
        return found.Content is { } content && content.Parse().TryGetProperty("tags", out var tags) && tags.ValueKind == JsonValueKind.Object
            ? Body.Json(new { Tags = tags })
            : Body.Json(new { Tags = new { } });
    }

    static async Task<IResult> Put(UserId userId, RoomId roomId, string tag, Requester requester, HttpContext http, ICalls calls, CancellationToken cancel)
    {
        if (userId != requester.UserId)
            return MatrixError.Forbidden("Only one's own tags can be set.");
        if (Encoding.UTF8.GetByteCount(tag) > 255)
            return MatrixError.InvalidParam("A tag has at most 255 bytes.");
        var body = await Body.Object(http, cancel, limit: 16 << 10);
        if (body.TryGetProperty("order", out var order) && !(order.ValueKind == JsonValueKind.Number && order.GetDouble() is >= 0 and <= 1))
            return MatrixError.InvalidParam("order is a number from 0 to 1.");
        await calls.Ask(new PerformTagUpdate { UserId = userId, RoomId = roomId, Tag = tag, Content = RawJson.From(body) }, cancel);
        return Body.Empty;
    }

    static async Task<IResult> Delete(UserId userId, RoomId roomId, string tag, Requester requester, ICalls calls, CancellationToken cancel)
    {
        if (userId != requester.UserId)
            return MatrixError.Forbidden("Only one's own tags can be removed.");
        await calls.Ask(new PerformTagUpdate { UserId = userId, RoomId = roomId, Tag = tag }, cancel);
        return Body.Empty;
    }
}
