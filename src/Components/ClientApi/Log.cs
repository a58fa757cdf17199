using Matrix.Bus.Protocol;
using Microsoft.Extensions.Logging;

namespace Matrix.Bus.ClientApi;

/// <summary>Every log message of ClientApi.</summary>
static partial class Log
{
    [LoggerMessage(4001, LogLevel.Warning, "{Reporter} reports the room {Room}: {Reason}")]
    public static partial void RoomReported(this ILogger log, UserId reporter, RoomId room, string reason);

    [LoggerMessage(4002, LogLevel.Warning, "{Reporter} reports, in {Room}, the event {EventId}: {Reason}")]
    public static partial void EventReported(this ILogger log, UserId reporter, RoomId room, Protocol.EventId eventId, string reason);

    [LoggerMessage(4003, LogLevel.Warning, "{Reporter} reports {User}: {Reason}")]
    public static partial void UserReported(this ILogger log, UserId reporter, UserId user, string reason);
}
