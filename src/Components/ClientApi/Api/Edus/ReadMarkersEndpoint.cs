using System.Text.Json;
using Matrix.Bus.Foundation;
using Matrix.Bus.Messages.Edus;
using Matrix.Bus.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Matrix.Bus.ClientApi;

/// <summary>POST /_matrix/client/v3/rooms/{roomId}/read_markers</summary>
static class ReadMarkersEndpoint
{
    static readonly string[] Types = ["m.fully_read", "m.read", "m.read.private"];

    public static void Map(IEndpointRouteBuilder routes) => routes.MapClientPost("rooms/{roomId}/read_markers", Handle);

    static async Task<IResult> Handle(RoomId roomId, Requester requester, HttpContext http, ICalls calls, CancellationToken cancel)
    {
        var body = await Body.Object(http, cancel);
        var marks = new List<ReadMark>();
        foreach (var type in Types)
        {
            if (!body.TryGetProperty(type, out var given) || given.ValueKind == JsonValueKind.Null)
                continue;
            if (given.ValueKind != JsonValueKind.String || !EventId.TryParse(given.GetString(), out var eventId))
                return MatrixError.InvalidParam($"{type} is not an event id.");
            marks.Add(new ReadMark { Kind = ReceiptEndpoint.KindOf(type)!.Value, EventId = eventId });
        }

        await calls.Ask(new InputReceipts { RoomId = roomId, UserId = requester.UserId, Marks = marks }, cancel);
        return Body.Empty;
    }
}
