using System.Text.Json;
using Matrix.Bus.Foundation;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Matrix.Bus.Components.Tests.Foundation.Telemetry;

public sealed class ConsoleLogTests
{
    [Fact]
    public void A_line_says_when_how_bad_who_and_what() =>
        Assert.Equal("2030-01-01T00:00:00.000Z warn Sync: slow: !a:b\n", Written(new TextLogFormatter(new ManualClock()), "slow: !a:b"));

    [Fact]
    public void Nobody_can_write_a_line_of_ours()
    {
        var text = Written(new TextLogFormatter(new ManualClock()), "room\r\n2030-01-01T00:00:00.000Z info Admin: granted\u001b[2J\u202e\u2028", new InvalidOperationException("a\n2030-01-01T00:00:00.000Z info Admin: granted\u001b"));

        Assert.DoesNotContain('\u001b', text);
        Assert.DoesNotContain('\u202e', text);
        Assert.All(text.TrimEnd('\n').Split('\n').Skip(1), line => Assert.StartsWith("    ", line, StringComparison.Ordinal));
    }

    [Fact]
    public void A_json_line_is_one_object()
    {
        var text = Written(new JsonLogFormatter(new ManualClock()), "a\nb\u001b\"", new InvalidOperationException("x\ny"));

        Assert.Single(text.TrimEnd('\n').Split('\n'));
        using var entry = JsonDocument.Parse(text);
        Assert.Equal("a\nb\u001b\"", entry.RootElement.GetProperty("message").GetString());
        Assert.Equal("warn", entry.RootElement.GetProperty("level").GetString());
        Assert.Contains("x\ny", entry.RootElement.GetProperty("exception").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', text);
    }

    static string Written(ConsoleFormatter formatter, string message, Exception? exception = null)
    {
        var writer = new StringWriter { NewLine = "\n" };
        formatter.Write(new LogEntry<string>(LogLevel.Warning, "Matrix.Bus.Sync", 7, message, exception, (state, _) => state), scopeProvider: null, writer);
        return writer.ToString();
    }
}
