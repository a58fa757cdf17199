using System.Globalization;
using Matrix.Bus.Foundation;
using Matrix.Bus.Protocol;
using Matrix.Bus.Sync.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Matrix.Bus.Sync.Api;

/// <summary>GET /_matrix/client/v1/rooms/{roomId}/timestamp_to_event</summary>
sealed class TimestampToEventEndpoint(RoomAccesses accesses, RoomPages pages)
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        // What clients called it before it was stable.
        foreach (var prefix in (string[])["/_matrix/client/v1", "/_matrix/client/unstable/org.matrix.msc3030"])
        {
            routes.MapGet(prefix + "/rooms/{roomId}/timestamp_to_event",
                (RoomId roomId, HttpContext http, Requester requester, TimestampToEventEndpoint endpoint, CancellationToken cancel) =>
                    endpoint.Handle(roomId, http, requester, cancel));
        }
    }

    async Task<IResult> Handle(RoomId roomId, HttpContext http, Requester requester, CancellationToken cancel)
    {
        var backwards = RoomQuery.IsBackwards(http);
        var text = http.Request.Query["ts"].ToString();
        if (text.Length == 0)
            return MatrixError.MissingParam("ts is missing.");
        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var time))
            return MatrixError.InvalidParam("ts is not a number of milliseconds.");

        var (access, _) = await accesses.Enter(roomId, requester.UserId, cancel);
        return await pages.ByTime(access, time, backwards, cancel) is { } found
            ? Body.Json(new { event_id = found.EventId, origin_server_ts = found.SentAt })
            : MatrixError.NotFound($"There is no event {(backwards ? "before" : "after")} that time.");
    }
}
