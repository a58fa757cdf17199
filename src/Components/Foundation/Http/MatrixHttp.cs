using System.Text.Json;
using Matrix.Bus.Messages;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Matrix.Bus.Foundation;

/// <summary>What every HTTP request to the server goes through: CORS, errors in Matrix form, unknown paths.</summary>
public static class MatrixHttp
{
    /// <summary>Adds it in front of the endpoints.</summary>
    public static void UseMatrixHttp(this IApplicationBuilder app)
    {
        app.Use(Cors);
        app.Use(Errors);
    }

    /// <summary>Reads escaped slashes in what a route took from the path; after routing.</summary>
    public static void UseEscapedSlashes(this IApplicationBuilder app) => app.Use(EscapedSlashes);

    /// <summary>CORS as the client-server API says under "Web Browser Clients"; OPTIONS answers without effects.</summary>
    static Task Cors(HttpContext http, RequestDelegate next)
    {
        var headers = http.Response.Headers;
        headers.AccessControlAllowOrigin = "*";
        headers.AccessControlAllowMethods = "GET, POST, PUT, DELETE, OPTIONS";
        headers.AccessControlAllowHeaders = "X-Requested-With, Content-Type, Authorization";
        if (!HttpMethods.IsOptions(http.Request.Method))
            return next(http);
        http.Response.StatusCode = 200;
        return Task.CompletedTask;
    }

    /// <summary>The host leaves <c>%2F</c> in a path as it is, so that it parts no segments; in what a route took from the path it is a
    /// slash, as in the ids of version 3 rooms, in aliases and in state keys. What was sent decides: <c>%252F</c> stays <c>%2F</c>.</summary>
    static Task EscapedSlashes(HttpContext http, RequestDelegate next)
    {
        if (http.Request.Path.Value is { } path && path.Contains("%2F", StringComparison.OrdinalIgnoreCase)
            && http.Features.Get<IHttpRequestFeature>()?.RawTarget is { } target)
        {
            var sent = target.Split('?', 2)[0].Split('/');
            var segments = path.Split('/');
            if (sent.Length == segments.Length)
                Unescape(http.Request.RouteValues, segments, sent);
        }
        return next(http);
    }

    static void Unescape(RouteValueDictionary values, string[] segments, string[] sent)
    {
        foreach (var (name, value) in values.ToList())
        {
            if (value is string text && Array.IndexOf(segments, text) is >= 0 and var place)
                values[name] = Uri.UnescapeDataString(sent[place]);
        }
    }

    static async Task Errors(HttpContext http, RequestDelegate next)
    {
        try
        {
            await next(http);
            if (!http.Response.HasStarted && http.Response.ContentLength is null && http.Response.ContentType is null)
                await Unrouted(http);
        }
        catch (RefusedException refused) when (!http.Response.HasStarted)
        {
            await MatrixError.Write(http, refused.Refusal);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            http.Response.StatusCode = 499;
        }
        catch (BadHttpRequestException bad) when (!http.Response.HasStarted)
        {
            var refusal = bad.StatusCode == 413
                ? new Refusal { Status = 413, Errcode = "M_TOO_LARGE", Error = "The request is too large." }
                : new Refusal { Status = bad.StatusCode, Errcode = "M_INVALID_PARAM", Error = bad.Message };
            await MatrixError.Write(http, refusal);
        }
        catch (JsonException) when (!http.Response.HasStarted)
        {
            await MatrixError.Write(http, new Refusal { Status = 400, Errcode = "M_BAD_JSON", Error = "The body does not have the expected form." });
        }
        catch (Exception exception) when (!http.Response.HasStarted)
        {
            http.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("Matrix.Bus.Http")
                .RequestFailed(http.Request.Method, http.Request.Path, exception);
            await MatrixError.Write(http, new Refusal { Status = 500, Errcode = "M_UNKNOWN", Error = "Internal server error." });
        }
    }

    static Task Unrouted(HttpContext http) => http.Response.StatusCode switch
    {
        404 => MatrixError.Write(http, new Refusal { Status = 404, Errcode = "M_UNRECOGNIZED", Error = "Unrecognized request." }),
        405 => MatrixError.Write(http, new Refusal { Status = 405, Errcode = "M_UNRECOGNIZED", Error = "Unrecognized method for this path." }),
        400 => MatrixError.Write(http, new Refusal { Status = 400, Errcode = "M_INVALID_PARAM", Error = "A path or query parameter is invalid." }),
        _ => Task.CompletedTask,
    };
}
