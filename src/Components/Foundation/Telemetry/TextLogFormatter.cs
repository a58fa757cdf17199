using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Matrix.Bus.Foundation;

/// <summary><c>2026-01-31T12:00:00.000Z info Sync: a message</c>, and an exception below it, indented.</summary>
/// <remarks>What strangers send may stand in a message: control characters are escaped and an exception's lines never begin in the
/// first column, so that nobody can write a line of ours or steer a terminal.</remarks>
sealed class TextLogFormatter(TimeProvider? clock = null) : ConsoleFormatter(Key)
{
    public const string Key = "matrix-bus-text";

    readonly TimeProvider _clock = clock ?? TimeProvider.System;

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        textWriter.Write(_clock.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        textWriter.Write(' ');
        textWriter.Write(Level(logEntry.LogLevel));
        textWriter.Write(' ');
        textWriter.Write(logEntry.Category[(logEntry.Category.LastIndexOf('.') + 1)..]);
        textWriter.Write(": ");
        Escape(logEntry.Formatter(logEntry.State, logEntry.Exception), textWriter);
        if (Activity.Current is { } activity)
        {
            textWriter.Write(" trace=");
            textWriter.Write(activity.TraceId.ToString());
        }
        textWriter.Write('\n');
        if (logEntry.Exception is not { } exception)
            return;
        foreach (var line in exception.ToString().Split('\n'))
        {
            textWriter.Write("    ");
            Escape(line.TrimEnd('\r'), textWriter);
            textWriter.Write('\n');
        }
    }

    internal static string Level(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "error",
        _ => "critical",
    };

    static void Escape(string text, TextWriter writer)
    {
        foreach (var letter in text)
        {
            if (!IsUnsafe(letter))
                writer.Write(letter);
            else if (letter == '\n')
                writer.Write("\\n");
            else
                writer.Write(string.Create(CultureInfo.InvariantCulture, $"\\u{(int)letter:x4}"));
        }
    }

    /// <summary>Control characters, the other ends of a line, and what turns the direction of the text.</summary>
    static bool IsUnsafe(char letter) =>
        char.IsControl(letter) || letter is '\u2028' or '\u2029' or '\u200e' or '\u200f' or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069');
}
