using Microsoft.Extensions.Logging;

namespace Matrix.Bus.RoomServer;

/// <summary>Every log message of this component.</summary>
static partial class Log
{
    [LoggerMessage(2001, LogLevel.Warning, "Partition {Partition} was taken over by another host: this one stops writing to it.")]
    public static partial void Fenced(this ILogger log, int partition);

    [LoggerMessage(2002, LogLevel.Error, "A batch of {Count} inputs in partition {Partition} could not be committed.")]
    public static partial void CommitFailed(this ILogger log, int partition, int count, Exception exception);

    [LoggerMessage(2003, LogLevel.Information, "Partition {Partition}: a commit whose answer was lost had been made.")]
    public static partial void CommitFound(this ILogger log, int partition);

    [LoggerMessage(2005, LogLevel.Warning, "Partition {Partition}: what became of a commit is not known yet; nothing goes on before it is.")]
    public static partial void NotSettled(this ILogger log, int partition, Exception exception);

    [LoggerMessage(2004, LogLevel.Error, "An input for {RoomId} in partition {Partition} failed.")]
    public static partial void InputFailed(this ILogger log, int partition, string roomId, Exception exception);
}
