using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Protocol;
using Microsoft.AspNetCore.Http;

namespace Matrix.Bus.ClientApi;

/// <summary>Event contents as clients send them.</summary>
static class EventContent
{
    /// <summary>An event is at most 64 KiB; a content that cannot fit is refused before it is parsed.</summary>
    const int MaxBytes = 96 << 10;

    /// <summary>The body as content: a JSON object without duplicate keys; its bytes go on as they came.</summary>
    public static async Task<RawJson> Read(HttpContext http, CancellationToken cancel)
    {
        var bytes = await Body.Bytes(http, cancel, MaxBytes);
        Check(bytes.Span);
        return new RawJson(bytes);
    }

    /// <summary>The same, if it is content.</summary>
    /// <exception cref="RefusedException">M_BAD_JSON.</exception>
    public static RawJson Checked(RawJson content)
    {
        Check(content.Utf8.Span);
        return content;
    }

    /// <summary>The membership it gives, if it is a member event's content.</summary>
    public static string? Membership(RawJson content) => Text(content, "membership");

    /// <summary>The event it redacts, from room version 11 on.</summary>
    public static EventId? Redacts(RawJson content) => EventId.TryParse(Text(content, "redacts"), out var id) ? id : null;

    /// <summary>Bytes of a built object.</summary>
    public static RawJson Of(JsonObject content)
    {
        var buffer = new ArrayBufferWriter<byte>(128);
        using (var writer = new Utf8JsonWriter(buffer))
            content.WriteTo(writer);
        return new RawJson(buffer.WrittenMemory);
    }

    static string? Text(RawJson content, string key) =>
        content.Parse().TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>One pass of the reader, no document: whether it is JSON at all and an object. The room judges the rest.</summary>
    static void Check(ReadOnlySpan<byte> utf8)
    {
        try
        {
            var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = 64 });
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                throw MatrixError.BadJson("The content is not a JSON object.").AsException();
            while (reader.Read())
            {
                // Half a surrogate pair, escaped, is found only by undoing the escapes.
                if (reader.ValueIsEscaped)
                    _ = reader.GetString();
            }
        }
        catch (JsonException exception)
        {
            throw MatrixError.NotJson($"The body is not valid JSON: {exception.Message}").AsException();
        }
        catch (InvalidOperationException)
        {
            throw MatrixError.BadJson("The content holds what is no Unicode text.").AsException();
        }
    }
}
