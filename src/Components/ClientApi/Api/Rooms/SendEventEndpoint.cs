using Matrix.Bus.Foundation;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Matrix.Bus.ClientApi;

/// <summary>PUT /_matrix/client/v3/rooms/{roomId}/send/{eventType}/{txnId}</summary>
static class SendEventEndpoint
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPut("/_matrix/client/v3/rooms/{roomId}/send/{eventType}/{txnId}", Handle);
        routes.MapPut("/_matrix/client/r0/rooms/{roomId}/send/{eventType}/{txnId}", Handle);
    }

    static async Task<IResult> Handle(
        RoomId roomId, string eventType, string txnId, Requester requester, HttpContext http, ICalls calls, CancellationToken cancel)
    {
        var content = await EventContent.Read(http, cancel);
        // A redaction sent as an event says in its content what it redacts (room version 11).
        var redacts = eventType == EventTypes.Redaction ? EventContent.Redacts(content) : null;
        var draft = new Draft
        {
            Sender = requester.UserId,
            Type = eventType,
            Content = content,
            Redacts = redacts,
            Transaction = new DraftTransaction { DeviceId = requester.DeviceId, Endpoint = $"send/{roomId}/{eventType}", TransactionId = txnId },
        };
        return await Drafts.Send(calls, roomId, draft, cancel);
    }
}
