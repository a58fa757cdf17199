using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Messages.Users;
using Matrix.Bus.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using EventId = Matrix.Bus.Protocol.EventId;

namespace Matrix.Bus.ClientApi;

/// <summary>
/// POST /_matrix/client/v3/rooms/{roomId}/report, /rooms/{roomId}/report/{eventId}, /users/{userId}/report: the operators read
/// them in the log.
/// </summary>
static class ReportEndpoints
{
    const int MaxReason = 1000;

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapClientPost("rooms/{roomId}/report", ReportRoom);
        routes.MapClientPost("rooms/{roomId}/report/{eventId}", ReportEvent);
        routes.MapClientPost("users/{userId}/report", ReportUser);
    }

    static async Task<IResult> ReportRoom(
        RoomId roomId, Requester requester, HttpContext http, ICalls calls, ILoggerFactory logs, CancellationToken cancel)
    {
        var reason = await Reason(http, cancel);
        // Reporting what one is not in is to be possible: to somebody who was invited to it, for instance.
        await calls.Ask(new QueryRoomVersion { RoomId = roomId }, cancel);
        Log(logs).RoomReported(requester.UserId, roomId, reason);
        return Body.Empty;
    }

    static async Task<IResult> ReportEvent(
        RoomId roomId, EventId eventId, Requester requester, HttpContext http, ICalls calls, ILoggerFactory logs, CancellationToken cancel)
    {
        var reason = await Reason(http, cancel);
        // Whether the event is not there or the reporter not in the room looks the same.
        var known = await calls.Ask(new QueryMembershipForUser { RoomId = roomId, UserId = requester.UserId }, cancel) is { Membership: "join" }
            && (await calls.Ask(new QueryEventsById { RoomId = roomId, EventIds = [eventId] }, cancel)).Events.Count > 0;
        if (!known)
            return MatrixError.NotFound("The event is not there, or you may not see it.");
        Log(logs).EventReported(requester.UserId, roomId, eventId, reason);
        return Body.Empty;
    }

    static async Task<IResult> ReportUser(
        UserId userId, Requester requester, HttpContext http, ICalls calls, ILoggerFactory logs, CancellationToken cancel)
    {
        var reason = await Reason(http, cancel);
        await calls.Ask(new QueryProfile { UserId = userId }, cancel);
        Log(logs).UserReported(requester.UserId, userId, reason);
        return Body.Empty;
    }

    static async Task<string> Reason(HttpContext http, CancellationToken cancel)
    {
        var body = await Body.Read<ReportBody>(http, cancel, optional: true);
        var reason = body.Reason ?? "";
        // A line of the log stays a line.
        return System.Text.Json.JsonSerializer.Serialize(reason.Length > MaxReason ? reason[..MaxReason] : reason);
    }

    static ILogger Log(ILoggerFactory logs) => logs.CreateLogger("Matrix.Bus.Reports");

    sealed record ReportBody(string? Reason);
}
