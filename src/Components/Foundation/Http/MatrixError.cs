using System.Text.Json;
using Matrix.Bus.Messages;
using Matrix.Bus.Protocol;
using Microsoft.AspNetCore.Http;

namespace Matrix.Bus.Foundation;

/// <summary>The standard error response (client-server API, "Standard error response"): endpoints return it, or throw
/// <see cref="RefusedException"/>; either way the client sees the same body.</summary>
public sealed class MatrixError(Refusal refusal) : IResult
{
    /// <summary>403 M_FORBIDDEN.</summary>
    public static MatrixError Forbidden(string error) => Of(403, "M_FORBIDDEN", error);

    /// <summary>404 M_NOT_FOUND.</summary>
    public static MatrixError NotFound(string error) => Of(404, "M_NOT_FOUND", error);

    /// <summary>400 M_INVALID_PARAM.</summary>
    public static MatrixError InvalidParam(string error) => Of(400, "M_INVALID_PARAM", error);

    /// <summary>400 M_MISSING_PARAM.</summary>
    public static MatrixError MissingParam(string error) => Of(400, "M_MISSING_PARAM", error);

    /// <summary>400 M_BAD_JSON.</summary>
    public static MatrixError BadJson(string error) => Of(400, "M_BAD_JSON", error);

    /// <summary>400 M_NOT_JSON.</summary>
    public static MatrixError NotJson(string error) => Of(400, "M_NOT_JSON", error);

    /// <summary>401 M_MISSING_TOKEN.</summary>
    public static MatrixError MissingToken() => Of(401, "M_MISSING_TOKEN", "No access token was given.");

    /// <summary>Any status and code.</summary>
    public static MatrixError Of(int status, string errcode, string error) => new(new Refusal { Status = status, Errcode = errcode, Error = error });

    /// <summary>The refusal as it would cross the bus.</summary>
    public Refusal Refusal { get; } = refusal;

    /// <summary>The same as an exception, for code that has no result to return.</summary>
    public RefusedException AsException() => new(Refusal);

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext) => Write(httpContext, Refusal);

    // As clients and people read it: quotes and umlauts need no escaping in JSON that is no HTML.
    static readonly JsonWriterOptions Written = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal static async Task Write(HttpContext http, Refusal refusal)
    {
        http.Response.StatusCode = refusal.Status;
        http.Response.ContentType = "application/json";
        if (refusal.Status == 429 && refusal.Extra is { } extra && extra.Parse().TryGetProperty("retry_after_ms", out var wait))
            http.Response.Headers.RetryAfter = Math.Max(1, (wait.GetInt64() + 999) / 1000).ToString(System.Globalization.CultureInfo.InvariantCulture);

        await using var writer = new Utf8JsonWriter(http.Response.BodyWriter, Written);
        writer.WriteStartObject();
        writer.WriteString("errcode"u8, refusal.Errcode);
        writer.WriteString("error"u8, refusal.Error);
        if (refusal.Extra is { } members)
        {
            foreach (var member in members.Parse().EnumerateObject())
            {
                if (!member.NameEquals("errcode"u8) && !member.NameEquals("error"u8))
                    member.WriteTo(writer);
            }
        }
        writer.WriteEndObject();
    }
}
