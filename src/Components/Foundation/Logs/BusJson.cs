using System.Text.Json;
using System.Text.Json.Serialization;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.Foundation;

/// <summary>How bus records are written as JSON, on every road.</summary>
static class BusJson
{
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>MassTransit's own options with our habits: it needs its converters for envelopes.</summary>
    public static JsonSerializerOptions ForBus(JsonSerializerOptions massTransits) => new(massTransits)
    {
        DefaultIgnoreCondition = Options.DefaultIgnoreCondition,
        Encoder = Options.Encoder,
    };

    public static RawJson Write<T>(T value) => new(JsonSerializer.SerializeToUtf8Bytes(value, Options));

    public static T Read<T>(RawJson json) =>
        JsonSerializer.Deserialize<T>(json.Utf8.Span, Options) ?? throw new JsonException($"null is no {typeof(T).Name}.");
}
