using Matrix.Bus.Foundation;
using Matrix.Bus.Protocol;
using Matrix.Bus.Sync.Domain;
using Matrix.Bus.Sync.Reading;
using Matrix.Bus.Sync.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Matrix.Bus.Sync.Api;

/// <summary>GET /_matrix/client/v1/rooms/{roomId}/threads</summary>
sealed class ThreadsEndpoint(RoomAccesses accesses, Relations relations, EventLists lists)
{
    const int DefaultLimit = 20;

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/_matrix/client/v1/rooms/{roomId}/threads",
            (RoomId roomId, HttpContext http, Requester requester, ThreadsEndpoint endpoint, CancellationToken cancel) =>
                endpoint.Handle(roomId, http, requester, cancel));

    async Task Handle(RoomId roomId, HttpContext http, Requester requester, CancellationToken cancel)
    {
        var participated = http.Request.Query["include"].ToString() switch
        {
            "" or "all" => false,
            "participated" => true,
            _ => throw MatrixError.InvalidParam("include is neither all nor participated.").AsException(),
        };
        var from = RoomQuery.Token(http, "from");
        var limit = RoomQuery.Limit(http) ?? DefaultLimit;

        var (access, _) = await accesses.Enter(roomId, requester.UserId, cancel);
        var threads = await relations.Threads(access, participated, from ?? access.Head, limit + 1, cancel);
        var hasMore = threads.Count > limit;
        if (hasMore)
            threads.RemoveAt(limit);

        // As a client that leaves out what ignored users say would show it.
        var roots = threads.ConvertAll(thread => access.Wants(thread.Root) ? thread.Root : EventForm.WithoutContent(thread.Root));
        var bundles = await lists.Bundles(access, roots, cancel);
        var events = lists.Writer(requester);
        await EventLists.Respond(http, writer =>
        {
            writer.WriteStartObject();
            EventLists.Write(writer, "chunk"u8, roots, events, access, bundles);
            if (hasMore)
                writer.WriteString("next_batch"u8, new SyncToken(threads[^1].Latest - 1).ToString());
            writer.WriteEndObject();
        }, cancel);
    }
}
