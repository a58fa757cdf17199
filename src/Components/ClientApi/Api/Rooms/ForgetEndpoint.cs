using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;
using Microsoft.AspNetCore.Routing;

namespace Matrix.Bus.ClientApi;

/// <summary>POST /_matrix/client/v3/rooms/{roomId}/forget</summary>
static class ForgetEndpoint
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapClientPost("rooms/{roomId}/forget", Handle);

    static async Task<Microsoft.AspNetCore.Http.IResult> Handle(RoomId roomId, Requester requester, ICalls calls, CancellationToken cancel)
    {
        await calls.Ask(new PerformForget { RoomId = roomId, UserId = requester.UserId }, cancel);
        return Body.Empty;
    }
}
