using Microsoft.Extensions.Logging;

namespace Matrix.Bus.Foundation;

/// <summary>Log messages of the outbox, timers, the record of workflows and the process guard.</summary>
static partial class MessagingLog
{
    [LoggerMessage(1101, LogLevel.Warning, "Outgoing messages cannot be dispatched; trying again.")]
    public static partial void DispatchFailed(this ILogger log, Exception exception);

    [LoggerMessage(1102, LogLevel.Error, "{MessageType} to {Destination} could not be sent in {Attempts} attempts; those behind it go first.")]
    public static partial void MessageNotSent(this ILogger log, string messageType, string destination, int attempts, Exception exception);

    [LoggerMessage(1103, LogLevel.Information, "This host dispatches outgoing messages and timers.")]
    public static partial void DispatcherOwned(this ILogger log);

    [LoggerMessage(1110, LogLevel.Warning, "A failed step of {Saga} {Instance} could not be recorded.")]
    public static partial void StepNotRecorded(this ILogger log, string saga, Guid instance, Exception exception);

    [LoggerMessage(1120, LogLevel.Critical, "{Reason}")]
    public static partial void ProcessRefused(this ILogger log, string reason);
}
