using System.Text;
using Matrix.Bus.Foundation;
using Matrix.Bus.Messages.Users;
using Matrix.Bus.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Matrix.Bus.ClientApi;

/// <summary>GET and PUT /_matrix/client/v3/user/{userId}/account_data/{type}, and the same under /rooms/{roomId}</summary>
static class AccountDataEndpoint
{
    const int MaxBytes = 256 << 10;

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapClientGet("user/{userId}/account_data/{type}", GetGlobal);
        routes.MapClientPut("user/{userId}/account_data/{type}", PutGlobal);
        routes.MapClientGet("user/{userId}/rooms/{roomId}/account_data/{type}", GetInRoom);
        routes.MapClientPut("user/{userId}/rooms/{roomId}/account_data/{type}", PutInRoom);
    }

    static Task<IResult> GetGlobal(UserId userId, string type, Requester requester, ICalls calls, CancellationToken cancel) =>
        Get(userId, null, type, requester, calls, cancel);

    static Task<IResult> GetInRoom(UserId userId, RoomId roomId, string type, Requester requester, ICalls calls, CancellationToken cancel) =>
        Get(userId, roomId, type, requester, calls, cancel);

    static Task<IResult> PutGlobal(UserId userId, string type, Requester requester, HttpContext http, ICalls calls, CancellationToken cancel) =>
        Put(userId, null, type, requester, http, calls, cancel);

    static Task<IResult> PutInRoom(UserId userId, RoomId roomId, string type, Requester requester, HttpContext http, ICalls calls, CancellationToken cancel) =>
        Put(userId, roomId, type, requester, http, calls, cancel);

    static async Task<IResult> Get(UserId user, RoomId? room, string type, Requester requester, ICalls calls, CancellationToken cancel)
    {
        if (user != requester.UserId)
            return MatrixError.Forbidden("Only one's own account data can be read.");
        if (room is null && type == "m.push_rules")
            return PushRulesEndpoint.Whole(await calls.Ask(new QueryPushRules { UserId = user }, cancel));
        var found = await calls.Ask(new QueryAccountData { UserId = user, RoomId = room, Type = type }, cancel);
        return found.Content is { } content ? Body.Json(content) : MatrixError.NotFound("There is no such account data.");
    }

    static async Task<IResult> Put(UserId user, RoomId? room, string type, Requester requester, HttpContext http, ICalls calls, CancellationToken cancel)
    {
        if (user != requester.UserId)
            return MatrixError.Forbidden("Only one's own account data can be set.");
        if (type is "m.fully_read" or "m.push_rules")
            return MatrixError.Of(405, "M_BAD_JSON", $"{type} has its own endpoint.");
        if (Encoding.UTF8.GetByteCount(type) > 255 || type.Contains('\0'))
            return MatrixError.InvalidParam("A type has at most 255 bytes.");
        var content = RawJson.From(await Body.Object(http, cancel, limit: MaxBytes));
        await calls.Ask(new PerformAccountDataUpdate { UserId = user, RoomId = room, Type = type, Content = content }, cancel);
        return Body.Empty;
    }
}
