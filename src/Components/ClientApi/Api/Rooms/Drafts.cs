using Matrix.Bus.Foundation;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;
using Microsoft.AspNetCore.Http;

namespace Matrix.Bus.ClientApi;

/// <summary>The walk of a local event at this end: input one draft to the room's partition, answer with its id.</summary>
static class Drafts
{
    public static async Task<IResult> Send(ICalls calls, RoomId room, Draft draft, CancellationToken cancel)
    {
        var outcome = await calls.Ask(new InputRoomEvents { RoomId = room, Events = [new InputEvent { Kind = InputKind.Draft, Draft = draft }] }, cancel);
        return new EventIdResult(outcome.Events[0].EventId);
    }
}

/// <summary><c>{"event_id": "$…"}</c>, written straight: it answers every send.</summary>
sealed class EventIdResult(EventId id) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        // An event id needs no escaping only if it is a hash; versions 1 and 2 allow more.
        var body = System.Text.Encoding.UTF8.GetBytes($"{{\"event_id\":{System.Text.Json.JsonSerializer.Serialize(id.Value)}}}");
        httpContext.Response.ContentType = "application/json";
        httpContext.Response.ContentLength = body.Length;
        return httpContext.Response.Body.WriteAsync(body, 0, body.Length, httpContext.RequestAborted);
    }
}
