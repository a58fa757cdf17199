using Matrix.Bus.Foundation;
using Matrix.Bus.Protocol;
using Matrix.Bus.Sync.Domain;
using Matrix.Bus.Sync.Reading;
using Matrix.Bus.Sync.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Matrix.Bus.Sync.Api;

/// <summary>GET /_matrix/client/v3/rooms/{roomId}/messages</summary>
/// <remarks>A token stands between two events, so both directions share one order. There is no <c>end</c> where there is nothing
/// further that the viewer may see.</remarks>
sealed class MessagesEndpoint(RoomAccesses accesses, RoomPages pages, SenderMembers members, EventLists lists)
{
    const int DefaultLimit = 10;

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapClientGet("rooms/{roomId}/messages", (RoomId roomId, HttpContext http, Requester requester, MessagesEndpoint endpoint, CancellationToken cancel) =>
            endpoint.Handle(roomId, http, requester, cancel));

    async Task Handle(RoomId roomId, HttpContext http, Requester requester, CancellationToken cancel)
    {
        var backwards = RoomQuery.IsBackwards(http);
        var from = RoomQuery.Token(http, "from");
        var to = RoomQuery.Token(http, "to");
        var filter = RoomQuery.Filter(http);
        var limit = RoomQuery.Limit(http, least: 0) ?? Math.Min(filter.Limit ?? DefaultLimit, RoomQuery.MaxLimit);

        // Who reads back from a token has seen what is newer.
        var (access, _) = await accesses.Enter(roomId, requester.UserId, cancel, fresh: !backwards || from is null);
        var start = from ?? (backwards ? access.Head : long.MinValue);
        var (after, upTo) = backwards ? (to ?? long.MinValue, Math.Min(start, access.Head)) : (start, Math.Min(to ?? long.MaxValue, access.Head));

        // One more tells whether there is more.
        var chunk = await pages.Read(access, after, upTo, backwards, filter, limit + 1, cancel);
        var hasMore = chunk.Count > limit;
        if (hasMore)
            chunk.RemoveAt(limit);
        long? end = !hasMore || chunk.Count == 0 ? null : backwards ? chunk[^1].Position!.Value - 1 : chunk[^1].Position!.Value;
        if (from is null && !backwards)
            start = chunk.Count > 0 ? chunk[0].Position!.Value - 1 : access.Head;

        var state = filter.LazyLoadMembers ? await members.Of(access, chunk, cancel) : null;
        var bundles = await lists.Bundles(access, chunk, cancel);
        var events = lists.Writer(requester);
        await EventLists.Respond(http, writer =>
        {
            writer.WriteStartObject();
            EventLists.Write(writer, "chunk"u8, chunk, events, access, bundles);
            writer.WriteString("start"u8, new SyncToken(start).ToString());
            if (end is { } next)
                writer.WriteString("end"u8, new SyncToken(next).ToString());
            if (state is not null)
                EventLists.WriteState(writer, "state"u8, state, events);
            writer.WriteEndObject();
        }, cancel);
    }
}
