using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Matrix.Bus.Clients;

/// <summary>One address of a homeserver, spoken to over HTTP/1.1 with pooled connections.</summary>
public sealed class Homeserver : IDisposable
{
    static readonly MediaTypeHeaderValue Json = new("application/json");

    readonly HttpMessageInvoker _http;
    readonly string _prefix;

    /// <summary>Connects to nothing yet.</summary>
    public Homeserver(Uri url)
    {
        Url = url;
        _prefix = url.GetLeftPart(UriPartial.Authority);
        _http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseCookies = false,
            UseProxy = false,
            AllowAutoRedirect = false,
            ActivityHeadersPropagator = null,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(2),
            SslOptions = { RemoteCertificateValidationCallback = (_, _, _, errors) => url.IsLoopback || errors == default },
        });
    }

    /// <summary>Its address.</summary>
    public Uri Url { get; }

    /// <summary>The value of an Authorization header for an access token.</summary>
    public static AuthenticationHeaderValue Bearer(string token) => new("Bearer", token);

    /// <summary>
    /// One exchange without any JSON work: the answer's body is left in <paramref name="buffer"/> and its status returned.
    /// </summary>
    /// <param name="method">The HTTP method.</param>
    /// <param name="path">Path and query, already escaped.</param>
    /// <param name="authorization">See <see cref="Bearer"/>; null for none.</param>
    /// <param name="body">The JSON body, or null for none. It must not change before the exchange ends.</param>
    /// <param name="buffer">Where the answer goes.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="HttpRequestException">The server could not be reached, or broke off.</exception>
    public async Task<int> Exchange(HttpMethod method, string path, AuthenticationHeaderValue? authorization, byte[]? body,
        ResponseBuffer buffer, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(method, new Uri(_prefix + path));
        request.Headers.Authorization = authorization;
        if (body is not null)
            request.Content = new ByteArrayContent(body) { Headers = { ContentType = Json } };
        using var response = await _http.SendAsync(request, cancel);
        try
        {
            await buffer.Fill(response.Content, cancel);
        }
        catch (IOException broken)
        {
            throw new HttpRequestException("The answer broke off.", broken, HttpStatusCode.BadGateway);
        }
        return (int)response.StatusCode;
    }

    /// <summary>A call off the hot path: JSON in, JSON out; waits and asks again where the server limits the rate.</summary>
    /// <exception cref="MatrixRefusal">The answer was not 200.</exception>
    public async Task<JsonElement> Call(HttpMethod method, string path, string? token, string? body, CancellationToken cancel)
    {
        var buffer = new ResponseBuffer();
        while (true)
        {
            var status = await Exchange(method, path, token is null ? null : Bearer(token),
                body is null ? null : Encoding.UTF8.GetBytes(body), buffer, cancel);
            if (status == 200)
                return JsonElement.Parse(buffer.Body);
            var refusal = Refusal(status, buffer);
            if (status != 429)
                throw refusal;
            await Task.Delay(refusal.RetryAfter ?? TimeSpan.FromMilliseconds(500), cancel);
        }
    }

    /// <summary>Reads an error answer, whatever it looks like.</summary>
    public static MatrixRefusal Refusal(int status, ResponseBuffer buffer)
    {
        try
        {
            var error = JsonElement.Parse(buffer.Body);
            return new MatrixRefusal(status,
                error.TryGetProperty("errcode", out var code) ? code.ToString() : "",
                error.TryGetProperty("error", out var text) ? text.ToString() : "",
                error.TryGetProperty("retry_after_ms", out var after) && after.TryGetInt64(out var ms) ? TimeSpan.FromMilliseconds(ms) : null);
        }
        catch (Exception odd) when (odd is JsonException or InvalidOperationException)
        {
            return new MatrixRefusal(status, "", Encoding.UTF8.GetString(buffer.Body[..Math.Min(200, buffer.Body.Length)]), null);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();
}
