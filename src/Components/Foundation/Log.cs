using Microsoft.Extensions.Logging;

namespace Matrix.Bus.Foundation;

/// <summary>Every log message of Foundation.</summary>
static partial class Log
{
    [LoggerMessage(1001, LogLevel.Error, "{Call}: a batch of {Count} in partition {Partition} failed.")]
    public static partial void BatchFailed(this ILogger log, string call, int partition, int count, Exception exception);

    [LoggerMessage(1010, LogLevel.Warning, "{Consumer} fell behind in partition {Partition} of {LogName}: reading again from {After}.")]
    public static partial void LogGap(this ILogger log, string consumer, int partition, string logName, long after);

    [LoggerMessage(1011, LogLevel.Error, "{Consumer} failed in partition {Partition} of {LogName} after {After}; attempt {Attempt}.")]
    public static partial void LogBatchFailed(this ILogger log, string consumer, int partition, string logName, long after, int attempt, Exception exception);

    [LoggerMessage(1012, LogLevel.Error, "{Consumer} parked entry {Position} of partition {Partition} of {LogName}, key {Key}: it and what follows it in its room wait for an operator.")]
    public static partial void LogEntryParked(this ILogger log, string consumer, int partition, string logName, long position, string key, Exception exception);

    [LoggerMessage(1013, LogLevel.Warning, "{Consumer} was fenced off in partition {Partition} of {LogName}: {Reason}")]
    public static partial void LogFenced(this ILogger log, string consumer, int partition, string logName, string reason);

    [LoggerMessage(1020, LogLevel.Error, "A handler of {Broadcast} failed.")]
    public static partial void BroadcastFailed(this ILogger log, string broadcast, Exception exception);

    [LoggerMessage(1030, LogLevel.Information, "{Schema}: migration {Migration} applied.")]
    public static partial void MigrationApplied(this ILogger log, string schema, string migration);

    [LoggerMessage(1040, LogLevel.Error, "{Method} {Path} failed.")]
    public static partial void RequestFailed(this ILogger log, string method, string path, Exception exception);
}
