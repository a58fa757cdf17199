using Matrix.Bus.Foundation;
using Matrix.Bus.Messages.Edus;
using Matrix.Bus.Messages.Sync;
using Matrix.Bus.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Matrix.Bus.ClientApi;

/// <summary>PUT /_matrix/client/v3/rooms/{roomId}/typing/{userId}</summary>
static class TypingEndpoint
{
    /// <summary>The body.</summary>
    /// <param name="Typing">False if the user stopped.</param>
    /// <param name="Timeout">In milliseconds.</param>
    sealed record State(bool? Typing, long? Timeout);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapClientPut("rooms/{roomId}/typing/{userId}", Handle);

    static async Task<IResult> Handle(RoomId roomId, UserId userId, Requester requester, HttpContext http, ICalls calls, CancellationToken cancel)
    {
        if (userId != requester.UserId)
            return MatrixError.Forbidden("You can only say of yourself that you are typing.");
        var state = await Body.Read<State>(http, cancel);
        if (state.Typing is not { } typing)
            return MatrixError.MissingParam("typing is missing.");

        var places = await calls.Ask(new QueryRoomPlaces { RoomId = roomId, UserId = userId }, cancel);
        if (places.Membership != Membership.Join)
            return MatrixError.Forbidden("You are not in this room.");
        await calls.Ask(
            new InputTyping
            {
                RoomId = roomId,
                UserId = userId,
                Typing = typing,
                Timeout = (int)Math.Clamp(state.Timeout ?? InputTyping.DefaultTimeout, 0, InputTyping.MaxTimeout),
            },
            cancel);
        return Body.Empty;
    }
}
