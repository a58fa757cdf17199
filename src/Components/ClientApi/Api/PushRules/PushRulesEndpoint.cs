using System.Text.Json;
using Matrix.Bus.Foundation;
using Matrix.Bus.Messages.Users;
using Matrix.Bus.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Matrix.Bus.ClientApi;

/// <summary>GET /_matrix/client/v3/pushrules/, …/global/, …/global/{kind}/{ruleId} and its enabled and actions</summary>
static class PushRulesEndpoint
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapClientGet("pushrules", All);
        routes.MapClientGet("pushrules/global", Global);
        routes.MapClientGet("pushrules/global/{kind}/{ruleId}", One);
        routes.MapClientGet("pushrules/global/{kind}/{ruleId}/enabled", Enabled);
        routes.MapClientGet("pushrules/global/{kind}/{ruleId}/actions", Actions);
    }

    /// <summary>The content of <c>m.push_rules</c>.</summary>
    public static IResult Whole(PushRules rules) => Body.Json(new { Global = rules.Global.Parse() });

    static async Task<IResult> All(Requester requester, ICalls calls, CancellationToken cancel) =>
        Whole(await calls.Ask(new QueryPushRules { UserId = requester.UserId }, cancel));

    static async Task<IResult> Global(Requester requester, ICalls calls, CancellationToken cancel) =>
        Body.Json((await calls.Ask(new QueryPushRules { UserId = requester.UserId }, cancel)).Global);

    static async Task<IResult> One(string kind, string ruleId, Requester requester, ICalls calls, CancellationToken cancel) =>
        Body.Json(RawJson.From(await Rule(kind, ruleId, requester, calls, cancel)));

    static async Task<IResult> Enabled(string kind, string ruleId, Requester requester, ICalls calls, CancellationToken cancel) =>
        Body.Json(new { Enabled = (await Rule(kind, ruleId, requester, calls, cancel)).GetProperty("enabled") });

    static async Task<IResult> Actions(string kind, string ruleId, Requester requester, ICalls calls, CancellationToken cancel) =>
        Body.Json(new { Actions = (await Rule(kind, ruleId, requester, calls, cancel)).GetProperty("actions") });

    static async Task<JsonElement> Rule(string kind, string ruleId, Requester requester, ICalls calls, CancellationToken cancel)
    {
        var rules = await calls.Ask(new QueryPushRules { UserId = requester.UserId }, cancel);
        if (rules.Global.Parse().TryGetProperty(kind, out var ofKind))
        {
            foreach (var rule in ofKind.EnumerateArray())
            {
                if (rule.GetProperty("rule_id").ValueEquals(ruleId))
                    return rule;
            }
        }
        throw MatrixError.NotFound("There is no such push rule.").AsException();
    }
}
