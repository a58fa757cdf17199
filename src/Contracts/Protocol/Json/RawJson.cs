using System.Text.Json;
using System.Text.Json.Serialization;

namespace Matrix.Bus.Protocol;

/// <summary>
/// One JSON value kept as the UTF-8 bytes it came in: it crosses the bus and the HTTP edge as JSON, not as base64, and is
/// never re-serialised on the way.
/// </summary>
/// <param name="Utf8">One complete JSON value.</param>
[JsonConverter(typeof(Converter))]
public readonly record struct RawJson(ReadOnlyMemory<byte> Utf8)
{
    /// <summary>The empty object.</summary>
    public static RawJson EmptyObject { get; } = new("{}"u8.ToArray());

    /// <summary>True if there is no value at all (a default struct).</summary>
    public bool IsEmpty => Utf8.IsEmpty;

    /// <summary>Parses it; the caller's document, bounded at depth 64.</summary>
    public JsonElement Parse() => JsonElement.Parse(Utf8.Span);

    /// <summary>The bytes of an element.</summary>
    public static RawJson From(JsonElement element) => new(System.Runtime.InteropServices.JsonMarshal.GetRawUtf8Value(element).ToArray());

    /// <inheritdoc/>
    public override string ToString() => System.Text.Encoding.UTF8.GetString(Utf8.Span);

    internal sealed class Converter : JsonConverter<RawJson>
    {
        public override RawJson Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            using var document = JsonDocument.ParseValue(ref reader);
            return From(document.RootElement);
        }

        public override void Write(Utf8JsonWriter writer, RawJson value, JsonSerializerOptions options)
        {
            if (value.IsEmpty)
                writer.WriteNullValue();
            else
                writer.WriteRawValue(value.Utf8.Span, skipInputValidation: true);
        }
    }
}
