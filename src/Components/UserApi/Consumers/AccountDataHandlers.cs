using System.Text.Json;
using System.Text.Json.Nodes;
using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Users;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.UserApi;

/// <summary>Sets account data.</summary>
sealed class PerformAccountDataUpdateHandler(UserData data) : ICallHandler<PerformAccountDataUpdate, Done>
{
    public async Task<Done> Handle(PerformAccountDataUpdate call, CancellationToken cancel)
    {
        await data.Change(call.UserId, call.RoomId, call.Type, now => Same(now, call.Content) ? null : call.Content, cancel);
        return Done.It;
    }

    static bool Same(RawJson? now, RawJson next) => now is { } old && old.Utf8.Span.SequenceEqual(next.Utf8.Span);
}

/// <summary>Answers account data.</summary>
sealed class QueryAccountDataHandler(UserData data) : ICallHandler<QueryAccountData, AccountData>
{
    public async Task<AccountData> Handle(QueryAccountData call, CancellationToken cancel) =>
        new() { Content = await data.Find(call.UserId, call.RoomId, call.Type, cancel) };
}

/// <summary>Sets or removes a tag: account data of type <c>m.tag</c>.</summary>
sealed class PerformTagUpdateHandler(UserData data) : ICallHandler<PerformTagUpdate, Done>
{
    const int MaxTags = 100;

    public async Task<Done> Handle(PerformTagUpdate call, CancellationToken cancel)
    {
        await data.Change(call.UserId, call.RoomId, "m.tag", now => Change(now, call), cancel);
        return Done.It;
    }

    static RawJson? Change(RawJson? now, PerformTagUpdate call)
    {
        var root = now is { } content ? JsonNode.Parse(content.Utf8.Span) as JsonObject ?? [] : [];
        if (root["tags"] is not JsonObject tags)
            root["tags"] = tags = [];
        if (call.Content is { } tag)
        {
            if (tags.Count >= MaxTags && !tags.ContainsKey(call.Tag))
                throw new RefusedException(400, "M_UNKNOWN", $"At most {MaxTags} tags for a room.");
            tags[call.Tag] = JsonNode.Parse(tag.Utf8.Span);
        }
        else if (!tags.Remove(call.Tag))
        {
            return null;
        }
        return new RawJson(JsonSerializer.SerializeToUtf8Bytes(root));
    }
}

/// <summary>Stores a filter.</summary>
sealed class PerformFilterCreationHandler(StoredFilters filters) : ICallHandler<PerformFilterCreation, FilterCreated>
{
    public async Task<FilterCreated> Handle(PerformFilterCreation call, CancellationToken cancel)
    {
        FilterRules.Check(call.Filter.Parse());
        return await filters.Store(call.UserId, call.Filter, cancel) is { } id
            ? new FilterCreated { FilterId = id.ToString(System.Globalization.CultureInfo.InvariantCulture) }
            : throw new RefusedException(413, "M_TOO_LARGE", "You have too many filters.");
    }
}

/// <summary>Answers a filter.</summary>
sealed class QueryFilterHandler(StoredFilters filters) : ICallHandler<QueryFilter, StoredFilter>
{
    public async Task<StoredFilter> Handle(QueryFilter call, CancellationToken cancel) =>
        new() { Filter = long.TryParse(call.FilterId, System.Globalization.NumberStyles.None, null, out var id) ? await filters.Find(call.UserId, id, cancel) : null };
}

/// <summary>Answers push rules.</summary>
sealed class QueryPushRulesHandler(UserData data) : ICallHandler<QueryPushRules, PushRules>
{
    public async Task<PushRules> Handle(QueryPushRules call, CancellationToken cancel)
    {
        var content = await data.Find(call.UserId, null, "m.push_rules", cancel) ?? PushRuleset.Default(call.UserId);
        return new PushRules { Global = RawJson.From(content.Parse().GetProperty("global")) };
    }
}

/// <summary>Changes a push rule; clients hear of it as account data.</summary>
sealed class PerformPushRuleUpdateHandler(UserData data) : ICallHandler<PerformPushRuleUpdate, Done>
{
    public async Task<Done> Handle(PerformPushRuleUpdate call, CancellationToken cancel)
    {
        await data.Change(call.UserId, null, "m.push_rules", now => PushRuleset.Change(now ?? PushRuleset.Default(call.UserId), call), cancel);
        return Done.It;
    }
}
