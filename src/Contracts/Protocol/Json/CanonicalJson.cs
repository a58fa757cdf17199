using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Matrix.Bus.Protocol;

/// <summary>Which numbers canonical JSON admits.</summary>
public enum CanonicalJsonMode
{
    /// <summary>Room versions 6 and later, and everything that is not an event: integers within ±(2^53−1), no fraction,
    /// no exponent, no negative zero.</summary>
    Strict = 0,

    /// <summary>Room versions 1 to 5: any JSON number. Whole numbers are written as integers, others in the shortest form
    /// that reads back the same.</summary>
    Lenient = 1,
}

/// <summary>Why a text has no canonical form.</summary>
public enum JsonFault
{
    /// <summary>There is no fault.</summary>
    None = 0,

    /// <summary>Not one JSON value in valid UTF-8.</summary>
    NotJson = 1,

    /// <summary>An object names a key twice.</summary>
    DuplicateKey = 2,

    /// <summary>A string holds half of a surrogate pair.</summary>
    LoneSurrogate = 3,

    /// <summary>Nested deeper than <see cref="CanonicalJson.MaxDepth"/>.</summary>
    TooDeep = 4,

    /// <summary>A number that the mode does not admit.</summary>
    BadNumber = 5,
}

/// <summary>
/// The one encoding of a JSON value that hashes and signatures cover: keys sorted by Unicode code point, no white space,
/// the fewest escapes (appendices, "Canonical JSON").
/// </summary>
/// <remarks>Takes one pass over the text and never recurses deeper than <see cref="MaxDepth"/>; time is linear in the size
/// of the text apart from the sort of keys that arrive unsorted.</remarks>
public static class CanonicalJson
{
    /// <summary>How many objects and arrays may be open at once.</summary>
    public const int MaxDepth = 64;

    /// <summary>The greatest integer of canonical JSON, 2^53−1; the least is its negative.</summary>
    public const long MaxInteger = (1L << 53) - 1;

    /// <summary>Writes the canonical form of a UTF-8 text; nothing is written if it has none.</summary>
    public static JsonFault TryWrite(ReadOnlySpan<byte> json, IBufferWriter<byte> output, CanonicalJsonMode mode = CanonicalJsonMode.Strict)
    {
        using var scratch = CanonicalScratch.Rent();
        var fault = CanonicalParser.Parse(json, scratch.Output, scratch, mode);
        if (fault == JsonFault.None)
            output.Write(scratch.Output.Span);
        return fault;
    }

    /// <summary>Writes the canonical form of an element.</summary>
    /// <exception cref="JsonException">The element has none.</exception>
    public static void Write(JsonElement element, IBufferWriter<byte> output, CanonicalJsonMode mode = CanonicalJsonMode.Strict)
    {
        var fault = TryWrite(JsonMarshal.GetRawUtf8Value(element), output, mode);
        if (fault != JsonFault.None)
            throw new JsonException($"No canonical form: {fault}.");
    }

    /// <summary>The canonical form of a UTF-8 text.</summary>
    /// <exception cref="JsonException">The text has none.</exception>
    public static byte[] Encode(ReadOnlySpan<byte> json, CanonicalJsonMode mode = CanonicalJsonMode.Strict)
    {
        using var scratch = CanonicalScratch.Rent();
        var fault = CanonicalParser.Parse(json, scratch.Output, scratch, mode);
        return fault == JsonFault.None ? scratch.Output.ToArray() : throw new JsonException($"No canonical form: {fault}.");
    }

    /// <summary>The canonical form of an element.</summary>
    /// <exception cref="JsonException">The element has none.</exception>
    public static byte[] Encode(JsonElement element, CanonicalJsonMode mode = CanonicalJsonMode.Strict) =>
        Encode(JsonMarshal.GetRawUtf8Value(element), mode);

    /// <summary>What is wrong with a text, without its canonical form.</summary>
    public static JsonFault Check(ReadOnlySpan<byte> json, CanonicalJsonMode mode = CanonicalJsonMode.Strict)
    {
        using var scratch = CanonicalScratch.Rent();
        return CanonicalParser.Parse(json, scratch.Output, scratch, mode);
    }

    internal static CanonicalJsonMode ModeOf(RoomVersion version) =>
        version.StrictCanonicalJson ? CanonicalJsonMode.Strict : CanonicalJsonMode.Lenient;
}
