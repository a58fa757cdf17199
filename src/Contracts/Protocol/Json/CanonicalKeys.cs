namespace Matrix.Bus.Protocol;

/// <summary>The order of keys by Unicode code point: that of their UTF-8 bytes once escapes are undone.</summary>
sealed class CanonicalKeys : IComparer<CanonicalMember>
{
    readonly ByteBuffer buffer;

    public CanonicalKeys(ByteBuffer buffer) => this.buffer = buffer;

    public int Compare(CanonicalMember x, CanonicalMember y) => Compare(buffer.Span, x, y);

    public static int Compare(ReadOnlySpan<byte> bytes, CanonicalMember x, CanonicalMember y) =>
        Compare(bytes.Slice(x.Start + 1, x.KeyLength), bytes.Slice(y.Start + 1, y.KeyLength));

    public static int Compare(ReadOnlySpan<byte> x, ReadOnlySpan<byte> y)
    {
        var same = x.CommonPrefixLength(y);
        // An escape behind the difference decides nothing; one that begins before it shows at or before it.
        if (same == x.Length || same == y.Length)
            return x.Length - y.Length;
        return x[..(same + 1)].Contains((byte)'\\') || y[..(same + 1)].Contains((byte)'\\')
            ? CompareUnescaped(x, y)
            : x[same] - y[same];
    }

    static int CompareUnescaped(ReadOnlySpan<byte> x, ReadOnlySpan<byte> y)
    {
        int i = 0, j = 0;
        while (i < x.Length && j < y.Length)
        {
            var difference = CanonicalText.Next(x, ref i) - CanonicalText.Next(y, ref j);
            if (difference != 0)
                return difference;
        }
        return (x.Length - i) - (y.Length - j);
    }
}
