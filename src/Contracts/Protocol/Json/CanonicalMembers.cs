using System.Buffers;

namespace Matrix.Bus.Protocol;

/// <summary>Walks the members of an object in canonical bytes, and the items of an array, without a document.</summary>
/// <remarks>The bytes must be canonical JSON: nothing is checked.</remarks>
ref struct CanonicalMembers
{
    static readonly SearchValues<byte> brackets = SearchValues.Create("\"{}[]"u8);

    readonly ReadOnlySpan<byte> bytes;
    int at;

    /// <param name="value">An object or array, brackets included.</param>
    public CanonicalMembers(ReadOnlySpan<byte> value)
    {
        bytes = value;
        at = 1;
    }

    /// <summary>The key between its quotes, escapes as written; empty in an array.</summary>
    public ReadOnlySpan<byte> Key { get; private set; }

    /// <summary>The value's bytes.</summary>
    public readonly ReadOnlySpan<byte> Value => bytes.Slice(ValueStart, ValueLength);

    /// <summary>The bytes of <c>"key":value</c>.</summary>
    public readonly ReadOnlySpan<byte> Whole => bytes[(ValueStart - Key.Length - 3)..(ValueStart + ValueLength)];

    /// <summary>Where the value starts.</summary>
    public int ValueStart { get; private set; }

    /// <summary>How long the value is.</summary>
    public int ValueLength { get; private set; }

    /// <summary>The next member of an object.</summary>
    public bool NextMember()
    {
        if (bytes[at] == ',')
            at++;
        if (bytes[at] == '}')
            return false;
        var end = EndOfString(at);
        Key = bytes[(at + 1)..(end - 1)];
        TakeValue(end + 1);
        return true;
    }

    /// <summary>The next item of an array.</summary>
    public bool NextItem()
    {
        if (bytes[at] == ',')
            at++;
        if (bytes[at] == ']')
            return false;
        TakeValue(at);
        return true;
    }

    /// <summary>The value of a key, or empty if the object lacks it.</summary>
    public static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> value, ReadOnlySpan<byte> key)
    {
        if (!IsObject(value))
            return default;
        var members = new CanonicalMembers(value);
        while (members.NextMember())
        {
            if (members.Key.SequenceEqual(key))
                return members.Value;
        }
        return default;
    }

    /// <summary>How many objects and arrays are open at once at the deepest place.</summary>
    public static int DepthOf(ReadOnlySpan<byte> value)
    {
        int open = 0, deepest = 0;
        var inString = false;
        for (var i = 0; i < value.Length; i++)
        {
            switch (value[i])
            {
                case (byte)'\\': i++; break;
                case (byte)'"': inString = !inString; break;
                case (byte)'{' or (byte)'[' when !inString: deepest = Math.Max(deepest, ++open); break;
                case (byte)'}' or (byte)']' when !inString: open--; break;
            }
        }
        return deepest;
    }

    public static bool IsObject(ReadOnlySpan<byte> value) => value.Length > 0 && value[0] == '{';

    public static bool IsArray(ReadOnlySpan<byte> value) => value.Length > 0 && value[0] == '[';

    void TakeValue(int start)
    {
        ValueStart = start;
        at = bytes[start] switch
        {
            (byte)'"' => EndOfString(start),
            (byte)'{' or (byte)'[' => EndOfNested(start),
            _ => start + bytes[start..].IndexOfAny((byte)',', (byte)'}', (byte)']'),
        };
        ValueLength = at - start;
    }

    readonly int EndOfString(int start)
    {
        var place = start + 1;
        while (true)
        {
            place += bytes[place..].IndexOfAny((byte)'"', (byte)'\\');
            if (bytes[place] == '"')
                return place + 1;
            place += 2;
        }
    }

    readonly int EndOfNested(int start)
    {
        var open = 0;
        var place = start;
        while (true)
        {
            place += bytes[place..].IndexOfAny(brackets);
            switch (bytes[place])
            {
                case (byte)'"':
                    place = EndOfString(place);
                    continue;
                case (byte)'{' or (byte)'[':
                    open++;
                    break;
                default:
                    open--;
                    break;
            }
            place++;
            if (open == 0)
                return place;
        }
    }
}
