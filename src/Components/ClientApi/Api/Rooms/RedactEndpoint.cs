using System.Text.Json.Nodes;
using Matrix.Bus.Foundation;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Matrix.Bus.ClientApi;

/// <summary>PUT /_matrix/client/v3/rooms/{roomId}/redact/{eventId}/{txnId}</summary>
static class RedactEndpoint
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPut("/_matrix/client/v3/rooms/{roomId}/redact/{eventId}/{txnId}", Handle);
        routes.MapPut("/_matrix/client/r0/rooms/{roomId}/redact/{eventId}/{txnId}", Handle);
    }

    static async Task<IResult> Handle(
        RoomId roomId, EventId eventId, string txnId, Requester requester, HttpContext http, ICalls calls, CancellationToken cancel)
    {
        var body = await Body.Read<RedactBody>(http, cancel, optional: true);
        var content = new JsonObject();
        if (body.Reason is { } reason)
            content["reason"] = reason;
        var draft = new Draft
        {
            Sender = requester.UserId,
            Type = EventTypes.Redaction,
            Content = EventContent.Of(content),
            Redacts = eventId,
            Transaction = new DraftTransaction { DeviceId = requester.DeviceId, Endpoint = $"redact/{roomId}/{eventId}", TransactionId = txnId },
        };
        return await Drafts.Send(calls, roomId, draft, cancel);
    }

    sealed record RedactBody(string? Reason);
}
