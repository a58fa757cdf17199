using System.Text.Json;
using Matrix.Bus.Foundation;
using Matrix.Bus.Messages.Edus;
using Matrix.Bus.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Matrix.Bus.ClientApi;

/// <summary>POST /_matrix/client/v3/rooms/{roomId}/receipt/{receiptType}/{eventId}</summary>
static class ReceiptEndpoint
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapClientPost("rooms/{roomId}/receipt/{receiptType}/{eventId}", Handle);

    static async Task<IResult> Handle(
        RoomId roomId, string receiptType, EventId eventId, Requester requester, HttpContext http, ICalls calls, CancellationToken cancel)
    {
        if (KindOf(receiptType) is not { } kind)
            return MatrixError.InvalidParam($"Unknown receipt type '{receiptType}'.");
        // Old clients send no body.
        var body = await Body.Object(http, cancel, optional: true);
        string? thread = null;
        if (body.TryGetProperty("thread_id"u8, out var given))
        {
            thread = given.ValueKind == JsonValueKind.String ? given.GetString() : null;
            if (thread != ReadMark.MainThread && !EventId.TryParse(thread, out _))
                return MatrixError.InvalidParam("thread_id is neither main nor the event id of a thread's root.");
            if (kind == ReceiptKind.FullyRead)
                return MatrixError.InvalidParam($"{receiptType} knows no threads.");
        }

        var mark = new ReadMark { Kind = kind, EventId = eventId, ThreadId = thread };
        await calls.Ask(new InputReceipts { RoomId = roomId, UserId = requester.UserId, Marks = [mark] }, cancel);
        return Body.Empty;
    }

    /// <summary>The kind of a type of the spec.</summary>
    internal static ReceiptKind? KindOf(string type) => type switch
    {
        "m.read" => ReceiptKind.Read,
        "m.read.private" => ReceiptKind.ReadPrivate,
        "m.fully_read" => ReceiptKind.FullyRead,
        _ => null,
    };
}
