using System.Text.Json;
using Matrix.Bus.Foundation;
using Matrix.Bus.Protocol;
using Matrix.Bus.Sync.Reading;
using Matrix.Bus.Sync.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Matrix.Bus.Sync.Api;

/// <summary>GET /_matrix/client/v3/rooms/{roomId}/state; GET /_matrix/client/v3/rooms/{roomId}/state/{eventType}/{stateKey}</summary>
/// <remarks>Now for members and in world-readable rooms, else as it was when the user left.</remarks>
sealed class StateEndpoints(RoomAccesses accesses, States states, RoomSlots slots, EventLists lists)
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapClientGet("rooms/{roomId}/state", (RoomId roomId, HttpContext http, Requester requester, StateEndpoints endpoint, CancellationToken cancel) =>
            endpoint.All(roomId, http, requester, cancel));
        routes.MapClientGet("rooms/{roomId}/state/{eventType}/{stateKey}",
            (RoomId roomId, string eventType, string stateKey, HttpContext http, Requester requester, StateEndpoints endpoint, CancellationToken cancel) =>
                endpoint.One(roomId, eventType, stateKey, http, requester, cancel));
        // The trailing slash belongs to an empty state key, and may be left off with it.
        routes.MapClientGet("rooms/{roomId}/state/{eventType}",
            (RoomId roomId, string eventType, HttpContext http, Requester requester, StateEndpoints endpoint, CancellationToken cancel) =>
                endpoint.One(roomId, eventType, "", http, requester, cancel));
    }

    async Task All(RoomId roomId, HttpContext http, Requester requester, CancellationToken cancel)
    {
        var (_, at) = await accesses.Enter(roomId, requester.UserId, cancel);
        var state = await states.At([(roomId.Value, at)], withMembers: true, cancel);
        var events = lists.Writer(requester);
        await EventLists.Respond(http, writer =>
        {
            writer.WriteStartArray();
            foreach (var stands in state[roomId.Value])
                events.Write(writer, stands);
            writer.WriteEndArray();
        }, cancel);
    }

    async Task One(RoomId roomId, string eventType, string stateKey, HttpContext http, Requester requester, CancellationToken cancel)
    {
        var wholeEvent = http.Request.Query["format"].ToString() switch
        {
            "" or "content" => false,
            "event" => true,
            _ => throw MatrixError.InvalidParam("format is neither content nor event.").AsException(),
        };
        var (_, at) = await accesses.Enter(roomId, requester.UserId, cancel);
        var found = await slots.One(roomId.Value, eventType, stateKey, at, cancel)
            ?? throw MatrixError.NotFound("The room has no such state.").AsException();
        await EventLists.Respond(http, writer =>
        {
            if (wholeEvent)
                lists.Writer(requester).Write(writer, found);
            else
                JsonElement.Parse(found.Json).GetProperty("content"u8).WriteTo(writer);
        }, cancel);
    }
}
