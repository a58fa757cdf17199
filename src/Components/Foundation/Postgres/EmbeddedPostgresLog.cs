using Microsoft.Extensions.Logging;

namespace Matrix.Bus.Foundation;

static partial class EmbeddedPostgresLog
{
    [LoggerMessage(1060, LogLevel.Information, "Creating the embedded PostgreSQL in {Directory}")]
    public static partial void Creating(ILogger log, string directory);

    [LoggerMessage(1061, LogLevel.Information,
        "The user that runs PostgreSQL cannot reach {Wanted}; its files are kept in {Used}, with a link")]
    public static partial void Elsewhere(ILogger log, string wanted, string used);

    [LoggerMessage(1062, LogLevel.Information, "Embedded PostgreSQL is ready (pid {Pid}, {Milliseconds} ms, socket in {Directory})")]
    public static partial void Ready(ILogger log, int pid, long milliseconds, string directory);

    [LoggerMessage(1063, LogLevel.Warning, "A PostgreSQL of an earlier run (pid {Pid}) is still there: using it")]
    public static partial void TakenOver(ILogger log, int pid);

    [LoggerMessage(1064, LogLevel.Warning, "PostgreSQL's process file names a process ({Pid}) that is not it: removed the file")]
    public static partial void StaleProcessFile(ILogger log, int pid);

    [LoggerMessage(1065, LogLevel.Error, "Embedded PostgreSQL (pid {Pid}) is gone: starting it again. Its last words:\n{Words}")]
    public static partial void Died(ILogger log, int pid, string words);

    [LoggerMessage(1066, LogLevel.Error, "Embedded PostgreSQL could not be started again; trying once more in a second")]
    public static partial void NotRestarted(ILogger log, Exception failure);

    [LoggerMessage(1067, LogLevel.Warning, "Embedded PostgreSQL did not stop cleanly: {Output}")]
    public static partial void NotStopped(ILogger log, string output);
}
