using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Matrix.Bus.Protocol;

/// <summary>Strings of canonical JSON: which escapes they use, and reading them back.</summary>
static class CanonicalText
{
    /// <summary>The byte at a place, its escape undone; canonical escapes stand for single bytes alone.</summary>
    public static byte Next(ReadOnlySpan<byte> text, ref int at)
    {
        var c = text[at++];
        if (c != '\\')
            return c;
        switch (text[at++])
        {
            case (byte)'b': return (byte)'\b';
            case (byte)'t': return (byte)'\t';
            case (byte)'n': return (byte)'\n';
            case (byte)'f': return (byte)'\f';
            case (byte)'r': return (byte)'\r';
            case (byte)'u':
                var code = (HexValue(text[at + 2]) << 4) | HexValue(text[at + 3]);
                at += 4;
                return (byte)code;
            default: return text[at - 1];
        }
    }

    /// <summary>Writes one ASCII character as it stands in a canonical string.</summary>
    public static void AddAscii(ByteBuffer output, byte c)
    {
        var escape = c switch
        {
            (byte)'"' or (byte)'\\' => c,
            (byte)'\b' => (byte)'b',
            (byte)'\t' => (byte)'t',
            (byte)'\n' => (byte)'n',
            (byte)'\f' => (byte)'f',
            (byte)'\r' => (byte)'r',
            < 0x20 => (byte)'u',
            _ => (byte)0,
        };
        if (escape == 0)
        {
            output.Add(c);
            return;
        }
        output.Add((byte)'\\');
        output.Add(escape);
        if (escape == 'u')
        {
            output.Add("00"u8);
            output.Add((byte)(c < 0x10 ? '0' : '1'));
            output.Add("0123456789abcdef"u8[c & 0xF]);
        }
    }

    /// <summary>Writes a text of ours as a canonical string, quotes included.</summary>
    public static void AddString(ByteBuffer output, string text)
    {
        output.Add((byte)'"');
        var start = output.Length;
        output.AddUtf8(text);
        if (output.Span[start..].ContainsAnyInRange((byte)0, (byte)0x1F) || output.Span[start..].ContainsAny((byte)'"', (byte)'\\'))
        {
            var plain = output.Span[start..].ToArray();
            output.Truncate(start);
            foreach (var c in plain)
                AddAscii(output, c);
        }
        output.Add((byte)'"');
    }

    /// <summary>Reads a canonical string; false if the value is not a string.</summary>
    public static bool TryRead(ReadOnlySpan<byte> value, [NotNullWhen(true)] out string? text)
    {
        text = null;
        if (value.Length < 2 || value[0] != '"')
            return false;
        value = value[1..^1];
        text = value.Contains((byte)'\\') ? Unescape(value) : Encoding.UTF8.GetString(value);
        return true;
    }

    /// <summary>How many bytes of UTF-8 a canonical string value stands for.</summary>
    public static int ByteCount(ReadOnlySpan<byte> value)
    {
        value = value[1..^1];
        if (!value.Contains((byte)'\\'))
            return value.Length;
        var count = 0;
        for (var at = 0; at < value.Length; count++)
            Next(value, ref at);
        return count;
    }

    public static int HexValue(byte c) => c switch
    {
        >= (byte)'0' and <= (byte)'9' => c - '0',
        >= (byte)'a' and <= (byte)'f' => c - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => c - 'A' + 10,
        _ => -1,
    };

    static string Unescape(ReadOnlySpan<byte> value)
    {
        var plain = new byte[value.Length];
        var length = 0;
        for (var at = 0; at < value.Length;)
            plain[length++] = Next(value, ref at);
        return Encoding.UTF8.GetString(plain, 0, length);
    }
}
