using Matrix.Bus.Foundation;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Matrix.Bus.ClientApi;

/// <summary>
/// POST /_matrix/client/v3/rooms/{roomId}/(join|leave|invite|kick|ban|unban), /join/{roomIdOrAlias}, /knock/{roomIdOrAlias}:
/// one action each, all the same walk.
/// </summary>
static class MembershipEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        foreach (var version in (string[])["v3", "r0"])
        {
            var rooms = routes.MapGroup($"/_matrix/client/{version}/rooms/{{roomId}}");
            rooms.MapPost("/join", (RoomId roomId, Requester requester, HttpContext http, ICalls calls, CancellationToken cancel) =>
                Own(MembershipAction.Join, roomId, [], requester, http, calls, cancel));
            rooms.MapPost("/leave", (RoomId roomId, Requester requester, HttpContext http, ICalls calls, CancellationToken cancel) =>
                Own(MembershipAction.Leave, roomId, [], requester, http, calls, cancel));
            Others(rooms, "/invite", MembershipAction.Invite);
            Others(rooms, "/kick", MembershipAction.Kick);
            Others(rooms, "/ban", MembershipAction.Ban);
            Others(rooms, "/unban", MembershipAction.Unban);
            routes.MapPost($"/_matrix/client/{version}/join/{{roomIdOrAlias}}", Join);
            routes.MapPost($"/_matrix/client/{version}/knock/{{roomIdOrAlias}}", Knock);
        }
    }

    static void Others(IEndpointRouteBuilder rooms, string path, MembershipAction action) =>
        rooms.MapPost(path, async (RoomId roomId, Requester requester, HttpContext http, ICalls calls, CancellationToken cancel) =>
        {
            var body = await Body.Read<MembershipBody>(http, cancel);
            if (body.UserId is not { } target)
            {
                return body.Medium is null
                    ? MatrixError.MissingParam("user_id is missing.")
                    : MatrixError.Of(403, "M_THREEPID_DENIED", "This server cannot invite by third-party identifier.");
            }
            await calls.Ask(new ChangeMembership { Action = action, RoomId = roomId, Sender = requester.UserId, Target = target, Reason = body.Reason }, cancel);
            return Body.Empty;
        });

    static Task<IResult> Join(string roomIdOrAlias, Requester requester, HttpContext http, ICalls calls, CancellationToken cancel) =>
        OwnByName(MembershipAction.Join, roomIdOrAlias, requester, http, calls, cancel);

    static Task<IResult> Knock(string roomIdOrAlias, Requester requester, HttpContext http, ICalls calls, CancellationToken cancel) =>
        OwnByName(MembershipAction.Knock, roomIdOrAlias, requester, http, calls, cancel);

    static async Task<IResult> OwnByName(
        MembershipAction action, string roomIdOrAlias, Requester requester, HttpContext http, ICalls calls, CancellationToken cancel)
    {
        if (RoomId.TryParse(roomIdOrAlias, out var room))
            return await Own(action, room, Via(http), requester, http, calls, cancel);
        if (!RoomAlias.TryParse(roomIdOrAlias, out var alias))
            return MatrixError.InvalidParam($"'{roomIdOrAlias}' is neither a room id nor an alias.");
        var target = await calls.Ask(new QueryRoomIdForAlias { Alias = alias }, cancel);
        return await Own(action, target.RoomId, target.Servers, requester, http, calls, cancel);
    }

    static async Task<IResult> Own(
        MembershipAction action, RoomId room, IReadOnlyList<ServerName> via, Requester requester, HttpContext http, ICalls calls, CancellationToken cancel)
    {
        var body = await Body.Read<MembershipBody>(http, cancel, optional: true);
        var changed = await calls.Ask(
            new ChangeMembership { Action = action, RoomId = room, Sender = requester.UserId, Target = requester.UserId, Reason = body.Reason, Via = via },
            cancel);
        return action == MembershipAction.Leave ? Body.Empty : Body.Json(new { room_id = changed.RoomId });
    }

    /// <summary><c>via</c>, and <c>server_name</c> as it was called before v1.12.</summary>
    static List<ServerName> Via(HttpContext http)
    {
        var servers = new List<ServerName>();
        foreach (var name in http.Request.Query["via"].Concat(http.Request.Query["server_name"]).Take(20))
        {
            if (ServerName.TryParse(name, out var server))
                servers.Add(server);
        }
        return servers;
    }

    sealed record MembershipBody(UserId? UserId, string? Reason, string? Medium);
}
