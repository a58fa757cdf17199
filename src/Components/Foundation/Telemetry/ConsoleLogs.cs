using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Matrix.Bus.Foundation;

/// <summary>Logs on the console, one entry a line.</summary>
public static class ConsoleLogs
{
    /// <summary>Replaces other providers. Levels come from the section <c>Logging</c>; other libraries speak from Warning up.</summary>
    public static ILoggingBuilder AddConsoleLogs(this ILoggingBuilder logging, TelemetryOptions options)
    {
        logging.ClearProviders();
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddFilter("System", LogLevel.Warning);
        logging.AddFilter("MassTransit", LogLevel.Warning);
        logging.AddFilter("Npgsql", LogLevel.Warning);
        logging.AddConsole(console => console.FormatterName = options.LogFormat == LogFormat.Json ? JsonLogFormatter.Key : TextLogFormatter.Key);
        logging.AddConsoleFormatter<TextLogFormatter, ConsoleFormatterOptions>();
        logging.AddConsoleFormatter<JsonLogFormatter, ConsoleFormatterOptions>();
        return logging;
    }
}
