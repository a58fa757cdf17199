using Matrix.Bus.Foundation;
using Matrix.Bus.Protocol;
using Matrix.Bus.Sync.Domain;
using Matrix.Bus.Sync.Reading;
using Matrix.Bus.Sync.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Matrix.Bus.Sync.Api;

/// <summary>GET /_matrix/client/v3/rooms/{roomId}/context/{eventId}</summary>
sealed class ContextEndpoint(RoomAccesses accesses, RoomPages pages, States states, SenderMembers members, EventLists lists)
{
    const int DefaultLimit = 10;

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapClientGet("rooms/{roomId}/context/{eventId}",
            (RoomId roomId, string eventId, HttpContext http, Requester requester, ContextEndpoint endpoint, CancellationToken cancel) =>
                endpoint.Handle(roomId, eventId, http, requester, cancel));

    async Task Handle(RoomId roomId, string eventId, HttpContext http, Requester requester, CancellationToken cancel)
    {
        var filter = RoomQuery.Filter(http);
        var limit = RoomQuery.Limit(http, least: 0) ?? DefaultLimit;
        var access = await accesses.Of(roomId, requester.UserId, cancel);
        if (await pages.ById(access, eventId, cancel) is not { Position: { } position } target)
            throw MatrixError.NotFound("Event not found.").AsException();

        var before = await pages.Read(access, long.MinValue, position - 1, backwards: true, filter, limit / 2, cancel);
        var after = await pages.Read(access, position, access.Head, backwards: false, filter, limit - (limit / 2), cancel);
        var start = before.Count > 0 ? before[^1].Position!.Value - 1 : position - 1;
        var end = after.Count > 0 ? after[^1].Position!.Value : position;

        var all = before.Append(target).Concat(after).ToList();
        var state = await State(access, all, end, filter, cancel);
        var bundles = await lists.Bundles(access, all, cancel);
        var events = lists.Writer(requester);
        await EventLists.Respond(http, writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("start"u8, new SyncToken(start).ToString());
            writer.WriteString("end"u8, new SyncToken(end).ToString());
            writer.WritePropertyName("event"u8);
            events.Write(writer, target, access.MembershipAt(target), bundles.GetValueOrDefault(target.EventId));
            EventLists.Write(writer, "events_before"u8, before, events, access, bundles);
            EventLists.Write(writer, "events_after"u8, after, events, access, bundles);
            EventLists.WriteState(writer, "state"u8, state, events);
            writer.WriteEndObject();
        }, cancel);
    }

    /// <summary>The state at the last event; none of it for who may see an event of theirs and not the room.</summary>
    async Task<IEnumerable<SyncEvent>> State(RoomAccess access, List<SyncEvent> events, long at, EventFilter filter, CancellationToken cancel)
    {
        if (access.StateAt is not { } allowed)
            return [];
        var room = access.RoomId.Value;
        var full = await states.At([(room, Math.Min(at, allowed))], withMembers: !filter.LazyLoadMembers, cancel);
        var lazy = filter.LazyLoadMembers ? await members.Of(access, events, cancel) : [];
        return full[room].Concat(lazy).Where(filter.Matches);
    }
}
