using Microsoft.Extensions.Logging;

namespace Matrix.Bus.Sync;

/// <summary>Every log message of Sync.</summary>
static partial class Log
{
    [LoggerMessage(3001, LogLevel.Warning, "Reading what other hosts committed failed; it is tried again.")]
    public static partial void FeedFailed(this ILogger log, Exception exception);

    [LoggerMessage(3002, LogLevel.Warning, "A client's token {Since} is ahead of the stream's {Head}: was the database restored?")]
    public static partial void TokenAhead(this ILogger log, long since, long head);

    [LoggerMessage(3020, LogLevel.Warning, "Sync's copy has not caught up with the rooms in time; a client is told what is there.")]
    public static partial void Behind(this ILogger log);
}
