using System.Buffers.Text;
using System.Text;

namespace Matrix.Bus.Protocol;

/// <summary>A growing array of bytes that is written at its end and used again.</summary>
sealed class ByteBuffer
{
    byte[] bytes = new byte[1024];

    public int Length { get; private set; }

    public int Capacity => bytes.Length;

    public Span<byte> Span => bytes.AsSpan(0, Length);

    public void Clear() => Length = 0;

    public void Truncate(int length) => Length = length;

    public byte[] ToArray() => Span.ToArray();

    public void Add(byte value)
    {
        if (Length == bytes.Length)
            Grow(1);
        bytes[Length++] = value;
    }

    public void Add(ReadOnlySpan<byte> value)
    {
        value.CopyTo(Reserve(value.Length));
        Length += value.Length;
    }

    public void AddUtf8(ReadOnlySpan<char> text)
    {
        var written = Encoding.UTF8.GetBytes(text, Reserve(Encoding.UTF8.GetMaxByteCount(text.Length)));
        Length += written;
    }

    public void AddNumber(long value)
    {
        Utf8Formatter.TryFormat(value, Reserve(24), out var written);
        Length += written;
    }

    public void AddBase64(ReadOnlySpan<byte> value)
    {
        Base64.EncodeToUtf8(value, Reserve(Base64.GetMaxEncodedToUtf8Length(value.Length)), out _, out var written);
        while (bytes[Length + written - 1] == '=')
            written--;
        Length += written;
    }

    /// <summary>Room for that many more bytes after the end; call <see cref="Advance"/> with what was used.</summary>
    public Span<byte> Reserve(int count)
    {
        if (bytes.Length - Length < count)
            Grow(count);
        return bytes.AsSpan(Length);
    }

    public void Advance(int count) => Length += count;

    void Grow(int count) => Array.Resize(ref bytes, Math.Max(checked(bytes.Length * 2), checked(Length + count)));
}
