using System.Text.Json;
using Matrix.Bus.Foundation;
using Matrix.Bus.Messages.Users;
using Matrix.Bus.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Matrix.Bus.ClientApi;

/// <summary>GET /_matrix/client/v3/profile/{userId}; GET, PUT and DELETE /_matrix/client/v3/profile/{userId}/{keyName}</summary>
static class ProfileEndpoint
{
    const int MaxBytes = 128 << 10;

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapClientGet("profile/{userId}", Whole);
        routes.MapClientGet("profile/{userId}/{keyName}", Field);
        routes.MapClientPut("profile/{userId}/{keyName}", Put);
        routes.MapClientDelete("profile/{userId}/{keyName}", Delete);
    }

    static async Task<IResult> Whole(UserId userId, ICalls calls, CancellationToken cancel) =>
        Body.Json((await calls.Ask(new QueryProfile { UserId = userId }, cancel)).Fields);

    static async Task<IResult> Field(UserId userId, string keyName, ICalls calls, CancellationToken cancel)
    {
        var profile = await calls.Ask(new QueryProfile { UserId = userId }, cancel);
        return profile.Fields.TryGetValue(keyName, out var value)
            ? Body.Json(new Dictionary<string, RawJson> { [keyName] = value })
            : MatrixError.NotFound("This user has no such profile field.");
    }

    static async Task<IResult> Put(UserId userId, string keyName, Requester requester, HttpContext http, ICalls calls, CancellationToken cancel)
    {
        if (Refusal(userId, requester) is { } refusal)
            return refusal;
        var body = await Body.Object(http, cancel, limit: MaxBytes);
        return body.TryGetProperty(keyName, out var value)
            ? await Change(calls, userId, keyName, RawJson.From(value), cancel)
            : MatrixError.MissingParam($"The body must hold '{keyName}'.");
    }

    static async Task<IResult> Delete(UserId userId, string keyName, Requester requester, ICalls calls, CancellationToken cancel) =>
        Refusal(userId, requester) ?? await Change(calls, userId, keyName, null, cancel);

    static async Task<IResult> Change(ICalls calls, UserId user, string field, RawJson? value, CancellationToken cancel)
    {
        await calls.Ask(new PerformProfileUpdate { UserId = user, Field = field, Value = value }, cancel);
        return Body.Empty;
    }

    static IResult? Refusal(UserId user, Requester requester) =>
        user != requester.UserId ? MatrixError.Forbidden("Only one's own profile can be changed.")
        : requester.Owner.IsSuspended ? MatrixError.Of(403, "M_USER_SUSPENDED", "This account is suspended.")
        : null;
}
