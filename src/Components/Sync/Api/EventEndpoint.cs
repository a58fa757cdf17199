using Matrix.Bus.Foundation;
using Matrix.Bus.Protocol;
using Matrix.Bus.Sync.Reading;
using Matrix.Bus.Sync.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Matrix.Bus.Sync.Api;

/// <summary>GET /_matrix/client/v3/rooms/{roomId}/event/{eventId}</summary>
sealed class EventEndpoint(RoomAccesses accesses, RoomPages pages, EventLists lists)
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapClientGet("rooms/{roomId}/event/{eventId}",
            (RoomId roomId, string eventId, HttpContext http, Requester requester, EventEndpoint endpoint, CancellationToken cancel) =>
                endpoint.Handle(roomId, eventId, http, requester, cancel));

    async Task Handle(RoomId roomId, string eventId, HttpContext http, Requester requester, CancellationToken cancel)
    {
        var access = await accesses.Of(roomId, requester.UserId, cancel);
        var found = await pages.ById(access, eventId, cancel) ?? throw MatrixError.NotFound("Event not found.").AsException();
        var bundles = await lists.Bundles(access, [found], cancel);
        await EventLists.Respond(http, writer =>
            lists.Writer(requester).Write(writer, found, access.MembershipAt(found), bundles.GetValueOrDefault(found.EventId)), cancel);
    }
}
