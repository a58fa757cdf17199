using System.Globalization;
using System.Text.Json;
using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Sync.Domain;
using Microsoft.AspNetCore.Http;

namespace Matrix.Bus.Sync.Api;

/// <summary>Query parameters that the endpoints about a room's timeline have in common.</summary>
static class RoomQuery
{
    /// <summary>The most events in one answer.</summary>
    public const int MaxLimit = 1000;

    /// <summary>A token of any endpoint: of sync and of a timeline, or a sliding sync's position, which begins with one.</summary>
    /// <exception cref="RefusedException">400 M_INVALID_PARAM.</exception>
    public static long? Token(HttpContext http, string name)
    {
        var text = http.Request.Query[name].ToString();
        if (text.Length == 0)
            return null;
        var end = text.IndexOf('_', StringComparison.Ordinal);
        return SyncToken.Parse(end < 0 ? text : text[..end]).Position;
    }

    /// <summary>The parameter <c>limit</c>, 1 at least unless <paramref name="least"/> says otherwise.</summary>
    /// <exception cref="RefusedException">400 M_INVALID_PARAM.</exception>
    public static int? Limit(HttpContext http, int least = 1)
    {
        var text = http.Request.Query["limit"].ToString();
        if (text.Length == 0)
            return null;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit >= least
            ? (int)Math.Min(limit, MaxLimit)
            : throw MatrixError.InvalidParam($"limit is not a number of at least {least}.").AsException();
    }

    /// <summary>The parameter <c>dir</c>: true for backwards.</summary>
    /// <exception cref="RefusedException">400 M_MISSING_PARAM or M_INVALID_PARAM.</exception>
    public static bool IsBackwards(HttpContext http, bool? otherwise = null) => http.Request.Query["dir"].ToString() switch
    {
        "b" => true,
        "f" => false,
        "" => otherwise ?? throw MatrixError.MissingParam("dir is missing.").AsException(),
        _ => throw MatrixError.InvalidParam("dir is neither f nor b.").AsException(),
    };

    /// <summary>A parameter that is true or false, false if it is left out.</summary>
    /// <exception cref="RefusedException">400 M_INVALID_PARAM.</exception>
    public static bool Flag(HttpContext http, string name) => http.Request.Query[name].ToString() switch
    {
        "" or "false" => false,
        "true" => true,
        _ => throw MatrixError.InvalidParam($"{name} is neither true nor false.").AsException(),
    };

    /// <summary>The parameter <c>filter</c>, JSON.</summary>
    /// <exception cref="RefusedException">400 M_NOT_JSON or M_BAD_JSON.</exception>
    public static EventFilter Filter(HttpContext http)
    {
        var text = http.Request.Query["filter"].ToString();
        if (text.Length == 0)
            return EventFilter.All;
        try
        {
            return EventFilter.Read(JsonElement.Parse(text, new JsonDocumentOptions { MaxDepth = 16 }));
        }
        catch (JsonException)
        {
            throw MatrixError.NotJson("The filter is not valid JSON.").AsException();
        }
    }
}
