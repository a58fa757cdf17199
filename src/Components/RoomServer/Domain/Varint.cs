namespace Matrix.Bus.RoomServer;

/// <summary>Numbers of seven bits a byte, the low ones first: most of ours are small.</summary>
static class Varint
{
    /// <summary>What a number takes at most.</summary>
    public const int MaxBytes = 10;

    /// <summary>Writes a number that is not negative; answers how many bytes it took.</summary>
    public static int Write(Span<byte> to, long value)
    {
        var rest = (ulong)value;
        var length = 0;
        while (rest >= 0x80)
        {
            to[length++] = (byte)(rest | 0x80);
            rest >>= 7;
        }
        to[length++] = (byte)rest;
        return length;
    }

    /// <summary>Reads a number and moves behind it.</summary>
    public static long Read(ref ReadOnlySpan<byte> from)
    {
        ulong value = 0;
        var shift = 0;
        for (var i = 0; ; i++, shift += 7)
        {
            value |= (ulong)(from[i] & 0x7F) << shift;
            if (from[i] < 0x80)
            {
                from = from[(i + 1)..];
                return (long)value;
            }
        }
    }

    /// <summary>A list of numbers, one behind the other.</summary>
    public static byte[] Pack(ReadOnlySpan<long> values)
    {
        Span<byte> packed = stackalloc byte[values.Length * MaxBytes];
        var length = 0;
        foreach (var value in values)
            length += Write(packed[length..], value);
        return packed[..length].ToArray();
    }

    /// <summary>Reads a list of numbers.</summary>
    public static long[] Unpack(ReadOnlySpan<byte> packed)
    {
        var values = new List<long>();
        while (!packed.IsEmpty)
            values.Add(Read(ref packed));
        return [.. values];
    }
}
