using System.Text.Json;
using System.Text.Json.Nodes;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Users;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.UserApi;

/// <summary>A user's push rules and how they change (client-server API, "Push Rules"): what stands in the content of
/// <c>m.push_rules</c>.</summary>
static class PushRuleset
{
    const int MaxOwnRules = 1000;

    static readonly string[] Kinds = ["override", "content", "room", "sender", "underride"];

    static readonly string DefaultText = ReadDefault();

    /// <summary>The server-default rules for a user, as the content of <c>m.push_rules</c>.</summary>
    public static RawJson Default(UserId user)
    {
        var id = JsonEncodedText.Encode(user.Value).ToString();
        return new RawJson(System.Text.Encoding.UTF8.GetBytes("{\"global\":" + DefaultText.Replace("[the user's Matrix ID]", id, StringComparison.Ordinal) + "}"));
    }

    /// <summary>The content after a change.</summary>
    /// <exception cref="RefusedException">M_NOT_FOUND for a rule that is not there; M_INVALID_PARAM, M_UNKNOWN for what may not be.</exception>
    public static RawJson Change(RawJson content, PerformPushRuleUpdate change)
    {
        if (!Kinds.Contains(change.Kind))
            throw new RefusedException(400, "M_INVALID_PARAM", $"Unknown kind of push rule '{change.Kind}'.");
        var root = JsonNode.Parse(content.Utf8.Span)!;
        var rules = root["global"]![change.Kind]!.AsArray();
        if (change.Rule is { } rule)
            Put(rules, change, rule.Parse());
        else if (change.Delete)
            rules.Remove(Own(rules, change.RuleId));
        else if (change.Enabled is { } enabled)
            Existing(rules, change.RuleId)["enabled"] = enabled;
        else if (change.Actions is { } actions)
            Existing(rules, change.RuleId)["actions"] = CheckedActions(actions.Parse());
        return new RawJson(JsonSerializer.SerializeToUtf8Bytes(root));
    }

    static void Put(JsonArray rules, PerformPushRuleUpdate change, JsonElement rule)
    {
        if (change.RuleId.Length == 0 || change.RuleId[0] == '.' || change.RuleId.AsSpan().ContainsAny('/', '\\') || change.RuleId.Length > 255)
            throw new RefusedException(400, "M_INVALID_PARAM", "A rule id does not begin with '.', has no slash and at most 255 characters.");
        var made = new JsonObject
        {
            ["rule_id"] = change.RuleId,
            ["default"] = false,
            ["enabled"] = true,
            ["actions"] = rule.TryGetProperty("actions", out var actions)
                ? CheckedActions(actions)
                : throw new RefusedException(400, "M_MISSING_PARAM", "actions must be given."),
        };
        if (change.Kind == "content")
        {
            made["pattern"] = rule.TryGetProperty("pattern", out var pattern) && pattern.ValueKind == JsonValueKind.String
                ? pattern.GetString()
                : throw new RefusedException(400, "M_MISSING_PARAM", "pattern must be given.");
        }
        else if (change.Kind is "override" or "underride")
        {
            made["conditions"] = rule.TryGetProperty("conditions", out var conditions) ? CheckedConditions(conditions) : new JsonArray();
        }

        var anchor = change.Before ?? change.After;
        if (anchor is not null)
            Own(rules, anchor);
        if (Find(rules, change.RuleId) is { } old)
        {
            made["enabled"] = old["enabled"]?.DeepClone();
            if (anchor is null)
            {
                rules[rules.IndexOf(old)] = made;
                return;
            }
            rules.Remove(old);
        }
        if (rules.Count(each => !IsDefault(each)) >= MaxOwnRules)
            throw new RefusedException(400, "M_UNKNOWN", $"At most {MaxOwnRules} rules of a kind.");
        rules.Insert(Place(rules, change), made);
    }

    static int Place(JsonArray rules, PerformPushRuleUpdate change)
    {
        if (change.Before is { } before)
            return rules.IndexOf(Own(rules, before));
        if (change.After is { } after)
            return rules.IndexOf(Own(rules, after)) + 1;
        // New rules come first of the user's own; nothing comes before .m.rule.master.
        return rules.Count > 0 && (string?)rules[0]!["rule_id"] == ".m.rule.master" ? 1 : 0;
    }

    static JsonNode? Find(JsonArray rules, string id) => rules.FirstOrDefault(rule => (string?)rule!["rule_id"] == id);

    static JsonNode Existing(JsonArray rules, string id) =>
        Find(rules, id) ?? throw new RefusedException(404, "M_NOT_FOUND", "There is no such push rule.");

    static JsonNode Own(JsonArray rules, string id)
    {
        var rule = Existing(rules, id);
        return IsDefault(rule) ? throw new RefusedException(400, "M_UNKNOWN", "A server-default rule stays where it is.") : rule;
    }

    static bool IsDefault(JsonNode? rule) => (bool?)rule!["default"] == true;

    static JsonNode CheckedActions(JsonElement actions) =>
        actions.ValueKind == JsonValueKind.Array && actions.EnumerateArray().All(action => action.ValueKind is JsonValueKind.String
            || (action.ValueKind == JsonValueKind.Object && action.TryGetProperty("set_tweak", out var tweak) && tweak.ValueKind == JsonValueKind.String))
            ? JsonArray.Create(actions)!
            : throw new RefusedException(400, "M_INVALID_PARAM", "actions is a list of actions.");

    static JsonNode CheckedConditions(JsonElement conditions) =>
        conditions.ValueKind == JsonValueKind.Array && conditions.EnumerateArray().All(condition =>
            condition.ValueKind == JsonValueKind.Object && condition.TryGetProperty("kind", out var kind) && kind.ValueKind == JsonValueKind.String)
            ? JsonArray.Create(conditions)!
            : throw new RefusedException(400, "M_INVALID_PARAM", "conditions is a list of conditions.");

    static string ReadDefault()
    {
        using var reader = new StreamReader(typeof(PushRuleset).Assembly.GetManifestResourceStream("default-push-rules.json")!);
        return JsonNode.Parse(reader.ReadToEnd())!.ToJsonString(new JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    }
}
