using System.Text.Json;
using System.Text.Json.Serialization;

namespace Matrix.Bus.Protocol;

/// <summary>Identifiers are JSON strings, as values and as property names.</summary>
public sealed class MatrixIdJsonConverter<TId> : JsonConverter<TId>
    where TId : struct, IMatrixId<TId>
{
    /// <inheritdoc/>
    public override TId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && TId.TryParse(reader.GetString(), out var id)
            ? id
            : throw new JsonException($"Not a valid {typeof(TId).Name}.");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, TId value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);

    /// <inheritdoc/>
    public override TId ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        TId.TryParse(reader.GetString(), out var id) ? id : throw new JsonException($"Not a valid {typeof(TId).Name}.");

    /// <inheritdoc/>
    public override void WriteAsPropertyName(Utf8JsonWriter writer, TId value, JsonSerializerOptions options) => writer.WritePropertyName(value.Value);
}
