using System.Buffers.Text;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Matrix.Bus.Clients;

/// <summary>
/// The body of a message, built once and patched in place for each send: its key (the transaction id) and when it was sent.
/// </summary>
public sealed class SendBody
{
    const int NumberDigits = 8;
    const int TimeDigits = 19;
    const string Words = "A message of an ordinary length, as people write them to each other all day long.";

    readonly byte[] _bytes;
    readonly string _name;
    readonly int _numberAt;
    readonly int _timeAt;

    /// <summary>A body for keys that begin with a name.</summary>
    /// <param name="name">Unique to this sender: ASCII letters, digits and dashes.</param>
    public SendBody(string name)
    {
        _name = name;
        var text = $$"""{"msgtype":"m.text","body":"{{Words}}","bus_key":"{{name}}-{{new string('0', NumberDigits)}}","bus_at":"{{new string('0', TimeDigits)}}"}""";
        _bytes = Encoding.ASCII.GetBytes(text);
        _numberAt = text.IndexOf($"{name}-", StringComparison.Ordinal) + name.Length + 1;
        _timeAt = text.Length - TimeDigits - 2;
    }

    internal static ReadOnlySpan<byte> KeyProperty => "bus_key"u8;

    internal static ReadOnlySpan<byte> TimeProperty => "bus_at"u8;

    /// <summary>The key of the n-th message.</summary>
    public string Key(int number) => string.Create(CultureInfo.InvariantCulture, $"{_name}-{number:D8}");

    /// <summary>The body of the n-th message, sent now; the same memory every time, so not before the last exchange ended.</summary>
    public byte[] Stamp(int number, long stopwatch)
    {
        number.TryFormat(_bytes.AsSpan(_numberAt), out _, "D8", CultureInfo.InvariantCulture);
        stopwatch.TryFormat(_bytes.AsSpan(_timeAt), out _, "D19", CultureInfo.InvariantCulture);
        return _bytes;
    }

    /// <summary>How long ago a body was stamped, in stopwatch ticks; null if the text is no stamp.</summary>
    public static long? Age(ReadOnlySpan<byte> sentAt, long now) =>
        Utf8Parser.TryParse(sentAt, out long at, out var used) && used == sentAt.Length && at > 0 ? now - at : null;

    /// <summary>Stopwatch ticks as milliseconds.</summary>
    public static double Milliseconds(double ticks) => ticks * 1000 / Stopwatch.Frequency;
}
