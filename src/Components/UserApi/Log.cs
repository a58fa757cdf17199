using Microsoft.Extensions.Logging;

namespace Matrix.Bus.UserApi;

/// <summary>Every log message of UserApi.</summary>
static partial class Log
{
    [LoggerMessage(2001, LogLevel.Warning, "When devices were last seen could not be stored; it is tried again.")]
    public static partial void LastSeenNotStored(this ILogger log, Exception exception);

    [LoggerMessage(2002, LogLevel.Error, "What rooms should show of their members could not be read; it is tried again.")]
    public static partial void FollowUpFailed(this ILogger log, Exception exception);

    [LoggerMessage(2003, LogLevel.Warning, "The rooms of {User} could not be brought in line with the account; it is tried again.")]
    public static partial void FollowUpOfUserFailed(this ILogger log, Protocol.UserId user, Exception exception);
}
