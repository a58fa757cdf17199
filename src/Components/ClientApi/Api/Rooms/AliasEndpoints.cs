using Matrix.Bus.Foundation;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Matrix.Bus.ClientApi;

/// <summary>GET, PUT, DELETE /_matrix/client/v3/directory/room/{roomAlias}; GET /_matrix/client/v3/rooms/{roomId}/aliases</summary>
static class AliasEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        foreach (var version in (string[])["v3", "r0"])
        {
            routes.MapGet($"/_matrix/client/{version}/directory/room/{{roomAlias}}", Get);
            routes.MapPut($"/_matrix/client/{version}/directory/room/{{roomAlias}}", Put);
            routes.MapDelete($"/_matrix/client/{version}/directory/room/{{roomAlias}}", Delete);
            routes.MapGet($"/_matrix/client/{version}/rooms/{{roomId}}/aliases", List);
        }
    }

    /// <summary>Needs no account.</summary>
    static async Task<IResult> Get(RoomAlias roomAlias, ICalls calls, CancellationToken cancel)
    {
        var target = await calls.Ask(new QueryRoomIdForAlias { Alias = roomAlias }, cancel);
        return Body.Json(new { room_id = target.RoomId, servers = target.Servers });
    }

    static async Task<IResult> Put(RoomAlias roomAlias, Requester requester, HttpContext http, ICalls calls, CancellationToken cancel)
    {
        var body = await Body.Read<PutBody>(http, cancel);
        if (body.RoomId is not { } room)
            return MatrixError.MissingParam("room_id is missing.");
        await calls.Ask(new SetRoomAlias { Alias = roomAlias, RoomId = room, Creator = requester.UserId }, cancel);
        return Body.Empty;
    }

    static async Task<IResult> Delete(RoomAlias roomAlias, Requester requester, ICalls calls, CancellationToken cancel)
    {
        await calls.Ask(new RemoveRoomAlias { Alias = roomAlias, Sender = requester.UserId }, cancel);
        return Body.Empty;
    }

    static async Task<IResult> List(RoomId roomId, Requester requester, ICalls calls, CancellationToken cancel)
    {
        var aliases = await calls.Ask(new QueryAliasesForRoom { RoomId = roomId, Viewer = requester.UserId }, cancel);
        return Body.Json(new { aliases = aliases.Aliases });
    }

    sealed record PutBody(RoomId? RoomId);
}
