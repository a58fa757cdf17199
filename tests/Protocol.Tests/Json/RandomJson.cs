using System.Globalization;
using System.Text;

namespace Matrix.Bus.Protocol.Tests;

/// <summary>JSON values drawn from a seed, and many ways to write one of them.</summary>
sealed class RandomJson(int seed)
{
    // Sorted by UTF-16 units, U+1F600 (D83D…) comes before U+E000 and U+FFFD; by code point it comes last.
    static readonly string[] pieces = ["a", "b", "Z", "0", "_", ".", " ", "\"", "\\", "/", "\n", "\t", "\b", "\f", "\r", "\0", "\u001f", "\u007f", "é", "日", "\ue000", "\ufffd", "😀", "𐀀"];

    readonly Random random = new(seed);

    public object? Value(int depth = 4) => random.Next(depth > 0 ? 7 : 5) switch
    {
        0 => null,
        1 => random.Next(2) == 0,
        2 => random.NextInt64(-CanonicalJson.MaxInteger, CanonicalJson.MaxInteger + 1),
        3 => (long)random.Next(-3, 100),
        4 => Text(),
        5 => Enumerable.Range(0, random.Next(4)).Select(_ => Value(depth - 1)).ToList(),
        _ => Object(depth),
    };

    public Dictionary<string, object?> Object(int depth = 4)
    {
        var members = new Dictionary<string, object?>();
        for (var i = random.Next(6); i > 0; i--)
            members[Text()] = Value(depth - 1);
        return members;
    }

    public string Text() => string.Concat(Enumerable.Range(0, random.Next(5)).Select(_ => pieces[random.Next(pieces.Length)]));

    /// <summary>Writes a value with white space, escapes and an order of keys of its own.</summary>
    public string Write(object? value)
    {
        var text = new StringBuilder();
        Write(value, text);
        return text.ToString();
    }

    /// <summary>The canonical form, by an implementation as plain as can be.</summary>
    public static string Canonical(object? value) => value switch
    {
        null => "null",
        bool b => b ? "true" : "false",
        long number => number.ToString(CultureInfo.InvariantCulture),
        string text => "\"" + string.Concat(text.EnumerateRunes().Select(Escape)) + "\"",
        List<object?> list => "[" + string.Join(',', list.Select(Canonical)) + "]",
        Dictionary<string, object?> members => "{" + string.Join(',', members.OrderBy(m => CodePoints(m.Key), StringComparer.Ordinal)
            .Select(m => Canonical(m.Key) + ":" + Canonical(m.Value))) + "}",
        _ => throw new ArgumentException("Not a JSON value.", nameof(value)),
    };

    static string CodePoints(string text) => string.Concat(text.EnumerateRunes().Select(rune => rune.Value.ToString("x6", CultureInfo.InvariantCulture)));

    static string Escape(Rune rune) => rune.Value switch
    {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\b' => "\\b",
        '\t' => "\\t",
        '\n' => "\\n",
        '\f' => "\\f",
        '\r' => "\\r",
        < 0x20 => "\\u" + rune.Value.ToString("x4", CultureInfo.InvariantCulture),
        _ => rune.ToString(),
    };

    void Write(object? value, StringBuilder text)
    {
        Space(text);
        switch (value)
        {
            case string s:
                WriteText(s, text);
                break;
            case List<object?> list:
                text.Append('[');
                for (var i = 0; i < list.Count; i++)
                {
                    if (i > 0)
                        text.Append(',');
                    Write(list[i], text);
                }
                text.Append(']');
                break;
            case Dictionary<string, object?> members:
                text.Append('{');
                var order = members.ToArray();
                random.Shuffle(order);
                for (var i = 0; i < order.Length; i++)
                {
                    if (i > 0)
                        text.Append(',');
                    Space(text);
                    WriteText(order[i].Key, text);
                    Space(text);
                    text.Append(':');
                    Write(order[i].Value, text);
                }
                text.Append('}');
                break;
            default:
                text.Append(Canonical(value));
                break;
        }
        Space(text);
    }

    void WriteText(string value, StringBuilder text)
    {
        text.Append('"');
        foreach (var rune in value.EnumerateRunes())
        {
            if (random.Next(4) > 0)
                text.Append(Escape(rune));
            else
                foreach (var unit in rune.ToString())
                    text.Append("\\u").Append(((int)unit).ToString(random.Next(2) == 0 ? "x4" : "X4", CultureInfo.InvariantCulture));
        }
        text.Append('"');
    }

    void Space(StringBuilder text) => text.Append(random.Next(6) switch { 0 => " ", 1 => "\n\t", 2 => "\r\n", _ => "" });
}
