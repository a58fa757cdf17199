using Matrix.Bus.Foundation;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Matrix.Bus.ClientApi;

/// <summary>PUT /_matrix/client/v3/rooms/{roomId}/state/{eventType}/{stateKey}</summary>
static class PutStateEndpoint
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        foreach (var version in (string[])["v3", "r0"])
        {
            routes.MapPut($"/_matrix/client/{version}/rooms/{{roomId}}/state/{{eventType}}/{{stateKey}}", Handle);
            // The trailing slash belongs to an empty state key, and may be left off with it.
            routes.MapPut($"/_matrix/client/{version}/rooms/{{roomId}}/state/{{eventType}}", HandleWithoutKey);
        }
    }

    static Task<IResult> HandleWithoutKey(
        RoomId roomId, string eventType, Requester requester, HttpContext http, ICalls calls, CancellationToken cancel) =>
        Handle(roomId, eventType, "", requester, http, calls, cancel);

    static async Task<IResult> Handle(
        RoomId roomId, string eventType, string stateKey, Requester requester, HttpContext http, ICalls calls, CancellationToken cancel)
    {
        var content = await EventContent.Read(http, cancel);
        if (eventType == "m.room.canonical_alias")
            await CanonicalAliasRule.Check(roomId, content, calls, cancel);

        var joins = eventType == EventTypes.Member && stateKey == requester.UserId.Value && EventContent.Membership(content) == "join";
        var draft = new Draft
        {
            Sender = requester.UserId,
            Type = eventType,
            StateKey = stateKey,
            Content = content,
            UnlessAlreadySo = true,
            AuthoriseRestrictedJoin = joins,
        };
        return await Drafts.Send(calls, roomId, draft, cancel);
    }
}
