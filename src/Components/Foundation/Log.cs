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

    [LoggerMessage(1014, LogLevel.Warning, "{LogName}: entry {Position} of partition {Partition} could not be announced ({Reason}); its consumers will read it.")]
    public static partial void AnnounceFailed(this ILogger log, string logName, int partition, long position, string reason);

    [LoggerMessage(1050, LogLevel.Information, "{Group}: {Count} hosts share the partitions; this one is {Host}.")]
    public static partial void Members(this ILogger log, string group, int count, string host);

    [LoggerMessage(1051, LogLevel.Information, "{Group}: this host owns {Count} of {Partitions} partitions.")]
    public static partial void Owns(this ILogger log, string group, int count, int partitions);

    [LoggerMessage(1052, LogLevel.Warning, "{Group}: the session that holds {Count} partitions was lost ({Reason}); letting go of them.")]
    public static partial void OwnershipLost(this ILogger log, string group, int count, string reason);

    [LoggerMessage(1053, LogLevel.Warning, "{Group}: the host behind session {Pid} is silent; ending its session to free its partitions.")]
    public static partial void EndingSilentMember(this ILogger log, string group, int pid);

    [LoggerMessage(1054, LogLevel.Warning, "{Call}: partition {Partition} was written to by another host, but is held by this one; taking it again.")]
    public static partial void TakingAgain(this ILogger log, string call, int partition);

    [LoggerMessage(1055, LogLevel.Error, "Some partitions could not be handed over in time; they are free when this process has ended.")]
    public static partial void DidNotLetGo(this ILogger log);
}
