using Matrix.Bus.Foundation;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Matrix.Bus.ClientApi;

/// <summary>GET /_matrix/client/v1/rooms/{roomId}/hierarchy; GET /_matrix/client/v1/room_summary/{roomIdOrAlias}</summary>
static class HierarchyEndpoints
{
    const int MaxLimit = 50;

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/_matrix/client/v1/rooms/{roomId}/hierarchy", Hierarchy);
        routes.MapGet("/_matrix/client/v1/room_summary/{roomIdOrAlias}", Summary);
        // What clients called it before it was stable.
        routes.MapGet("/_matrix/client/unstable/im.nheko.summary/rooms/{roomIdOrAlias}/summary", Summary);
        routes.MapGet("/_matrix/client/unstable/im.nheko.summary/summary/{roomIdOrAlias}", Summary);
    }

    static async Task<IResult> Hierarchy(
        RoomId roomId, int? limit, HttpContext http, string? from, Requester requester, ICalls calls, CancellationToken cancel)
    {
        int? depth = int.TryParse(http.Request.Query["max_depth"], out var given) ? given : null;
        if (limit is <= 0 || depth is < 0)
            return MatrixError.InvalidParam("limit is positive, max_depth not negative.");
        var page = await calls.Ask(
            new QueryNextRoomHierarchyPage
            {
                RoomId = roomId,
                Viewer = requester.UserId,
                Limit = Math.Min(limit ?? MaxLimit, MaxLimit),
                MaxDepth = depth,
                SuggestedOnly = http.Request.Query["suggested_only"] == "true",
                From = from,
            },
            cancel);
        return Body.Json(new
        {
            rooms = page.Rooms.Select(room => PublicRoom.Of(room.Summary) with { ChildrenState = room.ChildrenState }),
            next_batch = page.NextBatch,
        });
    }

    /// <summary>Needs no account; with one, more rooms may be seen.</summary>
    static async Task<IResult> Summary(string roomIdOrAlias, HttpContext http, ICalls calls, Authentication authentication, CancellationToken cancel)
    {
        UserId? viewer = http.Request.Headers.Authorization.Count > 0 || http.Request.Query.ContainsKey("access_token")
            ? (await authentication.Authenticate(http, cancel)).UserId
            : null;
        if (!RoomId.TryParse(roomIdOrAlias, out var room))
        {
            if (!RoomAlias.TryParse(roomIdOrAlias, out var alias))
                return MatrixError.InvalidParam($"'{roomIdOrAlias}' is neither a room id nor an alias.");
            room = (await calls.Ask(new QueryRoomIdForAlias { Alias = alias }, cancel)).RoomId;
        }
        var preview = await calls.Ask(new QueryRoomSummary { RoomId = room, Viewer = viewer }, cancel);
        return Body.Json(PublicRoom.Of(preview.Summary) with { Membership = preview.Membership ?? (viewer is null ? null : "leave") });
    }
}
