using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;
using Matrix.Bus.Messages;
using Matrix.Bus.Protocol;
using Microsoft.AspNetCore.Http;

namespace Matrix.Bus.Foundation;

/// <summary>Reads request bodies: bounded, JSON whatever the content type says, with the errors the spec names.</summary>
public static class Body
{
    /// <summary>How request bodies are read: snake_case, unknown members ignored, null as absent.</summary>
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        PropertyNameCaseInsensitive = false,
        NumberHandling = JsonNumberHandling.Strict,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        AllowDuplicateProperties = false,
        MaxDepth = 64,
    };

    /// <summary>The bytes of the body, at most <paramref name="limit"/>.</summary>
    /// <exception cref="RefusedException">413 M_TOO_LARGE.</exception>
    public static async Task<ReadOnlyMemory<byte>> Bytes(HttpContext http, CancellationToken cancel, int limit = 1 << 20)
    {
        if (http.Request.ContentLength > limit)
            throw TooLarge(limit);
        var reader = http.Request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(cancel);
            if (read.Buffer.Length > limit)
                throw TooLarge(limit);
            if (read.IsCompleted)
            {
                var bytes = read.Buffer.ToArray();
                reader.AdvanceTo(read.Buffer.End);
                return bytes;
            }
            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    /// <summary>The body as a JSON object; an absent body counts as an empty one if <paramref name="optional"/>.</summary>
    /// <exception cref="RefusedException">M_NOT_JSON, M_BAD_JSON, M_TOO_LARGE.</exception>
    public static async Task<JsonElement> Object(HttpContext http, CancellationToken cancel, bool optional = false, int limit = 1 << 20)
    {
        var bytes = await Bytes(http, cancel, limit);
        if (bytes.IsEmpty && optional)
            bytes = RawJson.EmptyObject.Utf8;
        try
        {
            var element = JsonElement.Parse(bytes.Span, new JsonDocumentOptions { MaxDepth = 64, AllowDuplicateProperties = false });
            return element.ValueKind == JsonValueKind.Object ? element : throw MatrixError.BadJson("The body is not a JSON object.").AsException();
        }
        catch (JsonException exception)
        {
            throw MatrixError.NotJson($"The body is not valid JSON: {exception.Message}").AsException();
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair, escaped: well-formed JSON, and no text.
            throw MatrixError.BadJson("The body holds a name that is no Unicode text.").AsException();
        }
    }

    /// <summary>The body as <typeparamref name="T"/>.</summary>
    /// <exception cref="RefusedException">M_NOT_JSON, M_BAD_JSON, M_TOO_LARGE.</exception>
    public static async Task<T> Read<T>(HttpContext http, CancellationToken cancel, bool optional = false, int limit = 1 << 20)
    {
        var element = await Object(http, cancel, optional, limit);
        try
        {
            return element.Deserialize<T>(Options)!;
        }
        catch (JsonException exception)
        {
            throw MatrixError.BadJson($"The body does not have the expected form at {exception.Path ?? "$"}.").AsException();
        }
    }

    /// <summary>Answers 200 with a record in snake_case JSON.</summary>
    public static IResult Json<T>(T value, int status = 200) => Results.Json(value, Options, "application/json", status);

    /// <summary>Answers 200 with ready JSON.</summary>
    public static IResult Json(RawJson json) => Results.Bytes(json.Utf8.ToArray(), "application/json");

    /// <summary>Answers 200 with <c>{}</c>.</summary>
    public static IResult Empty => Results.Bytes("{}"u8.ToArray(), "application/json");

    static RefusedException TooLarge(int limit) => new(413, "M_TOO_LARGE", $"The body is larger than {limit} bytes.");
}
