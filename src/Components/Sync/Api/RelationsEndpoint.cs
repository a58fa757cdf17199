using Matrix.Bus.Foundation;
using Matrix.Bus.Protocol;
using Matrix.Bus.Sync.Domain;
using Matrix.Bus.Sync.Reading;
using Matrix.Bus.Sync.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Matrix.Bus.Sync.Api;

/// <summary>GET /_matrix/client/v1/rooms/{roomId}/relations/{eventId}, …/{relType}, …/{relType}/{eventType}</summary>
sealed class RelationsEndpoint(RoomAccesses accesses, RoomPages pages, Relations relations, EventLists lists)
{
    const int DefaultLimit = 20;

    public static void Map(IEndpointRouteBuilder routes)
    {
        // Clients of before v1.3 know it as unstable.
        foreach (var version in (string[])["v1", "unstable"])
        {
            var path = $"/_matrix/client/{version}/rooms/{{roomId}}/relations/{{eventId}}";
            routes.MapGet(path, (RoomId roomId, string eventId, HttpContext http, Requester requester, RelationsEndpoint endpoint, CancellationToken cancel) =>
                endpoint.Handle(roomId, eventId, null, null, http, requester, cancel));
            routes.MapGet(path + "/{relType}",
                (RoomId roomId, string eventId, string relType, HttpContext http, Requester requester, RelationsEndpoint endpoint, CancellationToken cancel) =>
                    endpoint.Handle(roomId, eventId, relType, null, http, requester, cancel));
            routes.MapGet(path + "/{relType}/{eventType}",
                (RoomId roomId, string eventId, string relType, string eventType, HttpContext http, Requester requester, RelationsEndpoint endpoint, CancellationToken cancel) =>
                    endpoint.Handle(roomId, eventId, relType, eventType, http, requester, cancel));
        }
    }

    async Task Handle(RoomId roomId, string eventId, string? relType, string? eventType, HttpContext http, Requester requester, CancellationToken cancel)
    {
        var backwards = RoomQuery.IsBackwards(http, otherwise: true);
        var from = RoomQuery.Token(http, "from");
        var to = RoomQuery.Token(http, "to");
        var limit = RoomQuery.Limit(http) ?? DefaultLimit;
        var wanted = new WantedRelations(
            relType is null ? null : EventForm.Storable(relType), eventType is null ? null : EventForm.Storable(eventType), RoomQuery.Flag(http, "recurse"));

        var access = await accesses.Of(roomId, requester.UserId, cancel);
        if (await pages.ById(access, eventId, cancel) is not { } parent)
            throw MatrixError.NotFound("Event not found.").AsException();

        var start = from ?? (backwards ? access.Head : long.MinValue);
        var (after, upTo) = backwards ? (to ?? long.MinValue, Math.Min(start, access.Head)) : (start, Math.Min(to ?? long.MaxValue, access.Head));
        var chunk = await relations.Of(access, parent.EventId, wanted, after, upTo, backwards, limit + 1, cancel);
        var hasMore = chunk.Count > limit;
        if (hasMore)
            chunk.RemoveAt(limit);

        var bundles = await lists.Bundles(access, chunk, cancel);
        var events = lists.Writer(requester);
        await EventLists.Respond(http, writer =>
        {
            writer.WriteStartObject();
            EventLists.Write(writer, "chunk"u8, chunk, events, access, bundles);
            if (hasMore)
                writer.WriteString("next_batch"u8, new SyncToken(chunk[^1].Position!.Value - (backwards ? 1 : 0)).ToString());
            if (from is { } before)
                writer.WriteString("prev_batch"u8, new SyncToken(before).ToString());
            if (wanted.Recurse)
                writer.WriteNumber("recursion_depth"u8, Relations.MaxDepth);
            writer.WriteEndObject();
        }, cancel);
    }
}
