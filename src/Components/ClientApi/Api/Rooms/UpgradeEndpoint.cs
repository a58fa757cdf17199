using Matrix.Bus.Foundation;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Matrix.Bus.ClientApi;

/// <summary>POST /_matrix/client/v3/rooms/{roomId}/upgrade</summary>
static class UpgradeEndpoint
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/_matrix/client/v3/rooms/{roomId}/upgrade", Handle);
        routes.MapPost("/_matrix/client/r0/rooms/{roomId}/upgrade", Handle);
    }

    static async Task<IResult> Handle(RoomId roomId, Requester requester, HttpContext http, ICalls calls, CancellationToken cancel)
    {
        var body = await Body.Read<UpgradeBody>(http, cancel);
        if (body.NewVersion is not { Length: > 0 } version)
            return MatrixError.MissingParam("new_version is missing.");
        var created = await calls.Ask(
            new UpgradeRoom { RoomId = roomId, Sender = requester.UserId, NewVersion = version, AdditionalCreators = body.AdditionalCreators ?? [] },
            cancel);
        return Body.Json(new { replacement_room = created.RoomId });
    }

    sealed record UpgradeBody(string? NewVersion, IReadOnlyList<UserId>? AdditionalCreators);
}
