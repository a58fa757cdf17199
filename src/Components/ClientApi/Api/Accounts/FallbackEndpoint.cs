using System.Net;
using Matrix.Bus.Foundation;
using Matrix.Bus.Messages.Users;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Matrix.Bus.ClientApi;

/// <summary>GET and POST /_matrix/client/v3/auth/{authType}/fallback/web: a stage in a browser, for clients that do not know it.</summary>
static class FallbackEndpoint
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapClientGet("auth/{authType}/fallback/web", Page);
        routes.MapClientPost("auth/{authType}/fallback/web", Submit);
    }

    static IResult Page(string authType, string? session, HttpContext http)
    {
        if (authType is not ("m.login.dummy" or "m.login.registration_token"))
            return MatrixError.NotFound("There is no page for this stage.");
        return session is null ? MatrixError.MissingParam("session must be given.") : Html(http, Form(authType, session, failed: false));
    }

    static async Task<IResult> Submit(string authType, HttpContext http, ICalls calls, AttemptLimits limits, CancellationToken cancel)
    {
        limits.Registration(http);
        if (!http.Request.HasFormContentType)
            return MatrixError.InvalidParam("This page sends a form.");
        var form = await http.Request.ReadFormAsync(cancel);
        var session = form["session"].ToString();
        var stage = await calls.Ask(new PerformFallbackStage { Session = session, Stage = authType, Token = form["token"].ToString() }, cancel);
        return Html(http, stage.Completed ? Done : Form(authType, session, failed: true));
    }

    // The client that opened the page waits for one of these two signals (client-server API, "Fallback").
    const string Done = """
        <p>Thank you. You may close this window and return to your client.</p>
        <script>
        if (window.onAuthDone) window.onAuthDone();
        else if (window.opener && window.opener.postMessage) window.opener.postMessage("authDone", "*");
        </script>
        """;

    static string Form(string stage, string session, bool failed) => $"""
        <form method="post">
        {(failed ? "<p>That did not work. Please try again.</p>" : "")}
        <input type="hidden" name="session" value="{WebUtility.HtmlEncode(session)}">
        {(stage == "m.login.registration_token" ? "<p><label>Registration token <input name=\"token\" autocomplete=\"off\"></label></p>" : "<p>Press the button to go on.</p>")}
        <button>Continue</button>
        </form>
        """;

    static IResult Html(HttpContext http, string body)
    {
        http.Response.Headers.ContentSecurityPolicy = "default-src 'none'; script-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'";
        http.Response.Headers.XContentTypeOptions = "nosniff";
        return Results.Text($"<!DOCTYPE html><html><head><meta charset=\"utf-8\"><title>Authentication</title></head><body>{body}</body></html>", "text/html; charset=utf-8");
    }
}
