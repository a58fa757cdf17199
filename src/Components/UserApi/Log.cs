using Microsoft.Extensions.Logging;

namespace Matrix.Bus.UserApi;

/// <summary>Every log message of UserApi.</summary>
static partial class Log
{
    [LoggerMessage(2001, LogLevel.Warning, "When devices were last seen could not be stored; it is tried again.")]
    public static partial void LastSeenNotStored(this ILogger log, Exception exception);
}
