using System.Text.Json;
using Matrix.Bus.Foundation;
using Matrix.Bus.Messages.Users;
using Matrix.Bus.Protocol;
using Microsoft.AspNetCore.Http;

namespace Matrix.Bus.ClientApi;

/// <summary>User-interactive authentication of a request: its <c>auth</c> goes to UserApi, which keeps the session.</summary>
sealed class InteractiveAuth(ICalls calls)
{
    static readonly string[][] ByPassword = [["m.login.password"]];

    /// <summary>Null if the request is authorised, else the 401 to answer with.</summary>
    public Task<IResult?> Challenge(HttpContext http, JsonElement body, Requester requester, CancellationToken cancel) =>
        Challenge(http, body, requester.UserId, ByPassword, cancel);

    /// <summary>The same with the flows given; <paramref name="user"/> is null for a registration.</summary>
    public async Task<IResult?> Challenge(HttpContext http, JsonElement body, UserId? user, string[][] flows, CancellationToken cancel)
    {
        var step = await calls.Ask(
            new PerformInteractiveAuth
            {
                UserId = user,
                Method = http.Request.Method,
                Uri = http.Request.Path.Value ?? "",
                Flows = flows,
                Auth = body.TryGetProperty("auth", out var auth) && auth.ValueKind == JsonValueKind.Object ? RawJson.From(auth) : null,
            },
            cancel);
        return step.Authorised ? null : Results.Text(step.Challenge!.Value.Utf8.Span, "application/json", 401);
    }
}
