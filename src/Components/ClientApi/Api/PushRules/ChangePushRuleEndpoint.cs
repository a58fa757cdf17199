using System.Text.Json;
using Matrix.Bus.Foundation;
using Matrix.Bus.Messages.Users;
using Matrix.Bus.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Matrix.Bus.ClientApi;

/// <summary>PUT and DELETE /_matrix/client/v3/pushrules/global/{kind}/{ruleId}, PUT its enabled and actions</summary>
static class ChangePushRuleEndpoint
{
    const int MaxBytes = 64 << 10;

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapClientPut("pushrules/global/{kind}/{ruleId}", Put);
        routes.MapClientDelete("pushrules/global/{kind}/{ruleId}", Delete);
        routes.MapClientPut("pushrules/global/{kind}/{ruleId}/enabled", PutEnabled);
        routes.MapClientPut("pushrules/global/{kind}/{ruleId}/actions", PutActions);
    }

    static async Task<IResult> Put(
        string kind, string ruleId, string? before, string? after, Requester requester, HttpContext http, ICalls calls, CancellationToken cancel)
    {
        var rule = RawJson.From(await Body.Object(http, cancel, limit: MaxBytes));
        return await Change(calls, Of(kind, ruleId, requester) with { Rule = rule, Before = before, After = after }, cancel);
    }

    static Task<IResult> Delete(string kind, string ruleId, Requester requester, ICalls calls, CancellationToken cancel) =>
        Change(calls, Of(kind, ruleId, requester) with { Delete = true }, cancel);

    static async Task<IResult> PutEnabled(string kind, string ruleId, Requester requester, HttpContext http, ICalls calls, CancellationToken cancel)
    {
        var body = await Body.Object(http, cancel, limit: MaxBytes);
        return body.TryGetProperty("enabled", out var enabled) && enabled.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? await Change(calls, Of(kind, ruleId, requester) with { Enabled = enabled.GetBoolean() }, cancel)
            : MatrixError.MissingParam("enabled must be true or false.");
    }

    static async Task<IResult> PutActions(string kind, string ruleId, Requester requester, HttpContext http, ICalls calls, CancellationToken cancel)
    {
        var body = await Body.Object(http, cancel, limit: MaxBytes);
        return body.TryGetProperty("actions", out var actions)
            ? await Change(calls, Of(kind, ruleId, requester) with { Actions = RawJson.From(actions) }, cancel)
            : MatrixError.MissingParam("actions must be given.");
    }

    static PerformPushRuleUpdate Of(string kind, string ruleId, Requester requester) => new() { UserId = requester.UserId, Kind = kind, RuleId = ruleId };

    static async Task<IResult> Change(ICalls calls, PerformPushRuleUpdate change, CancellationToken cancel)
    {
        await calls.Ask(change, cancel);
        return Body.Empty;
    }
}
