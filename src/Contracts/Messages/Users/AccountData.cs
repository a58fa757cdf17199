using Matrix.Bus.Protocol;

namespace Matrix.Bus.Messages.Users;

/// <summary>Sets account data, of any type: what clients may not set themselves is refused at the edge. Repeating it changes nothing.</summary>
[AnsweredBy(ComponentNames.UserApi)]
public sealed record PerformAccountDataUpdate : IPerform<Done>
{
    /// <summary>Whose.</summary>
    public required UserId UserId { get; init; }

    /// <summary>In which room; null for global.</summary>
    public RoomId? RoomId { get; init; }

    /// <summary>The type.</summary>
    public required string Type { get; init; }

    /// <summary>The content, an object.</summary>
    public required RawJson Content { get; init; }
}

/// <summary>Asks for account data.</summary>
[AnsweredBy(ComponentNames.UserApi)]
public sealed record QueryAccountData : IQuery<AccountData>
{
    /// <summary>Whose.</summary>
    public required UserId UserId { get; init; }

    /// <summary>In which room; null for global.</summary>
    public RoomId? RoomId { get; init; }

    /// <summary>The type.</summary>
    public required string Type { get; init; }
}

/// <summary>Account data.</summary>
public sealed record AccountData
{
    /// <summary>The content; null if it was never set.</summary>
    public RawJson? Content { get; init; }
}

/// <summary>Sets or removes one tag of a room. Repeating it changes nothing.</summary>
[AnsweredBy(ComponentNames.UserApi)]
public sealed record PerformTagUpdate : IPerform<Done>
{
    /// <summary>Whose.</summary>
    public required UserId UserId { get; init; }

    /// <summary>The room.</summary>
    public required RoomId RoomId { get; init; }

    /// <summary>The tag.</summary>
    public required string Tag { get; init; }

    /// <summary>What to keep of it (<c>order</c>), an object; null removes the tag.</summary>
    public RawJson? Content { get; init; }
}

/// <summary>Stores a filter. Refused with M_BAD_JSON if it is malformed.</summary>
[AnsweredBy(ComponentNames.UserApi)]
public sealed record PerformFilterCreation : IPerform<FilterCreated>
{
    /// <summary>Whose.</summary>
    public required UserId UserId { get; init; }

    /// <summary>The filter, an object.</summary>
    public required RawJson Filter { get; init; }
}

/// <summary>A filter was stored, or stood there already.</summary>
public sealed record FilterCreated
{
    /// <summary>Its id.</summary>
    public required string FilterId { get; init; }
}

/// <summary>Asks for a user's push rules: their own, or the defaults.</summary>
[AnsweredBy(ComponentNames.UserApi)]
public sealed record QueryPushRules : IQuery<PushRules>
{
    /// <summary>Whose.</summary>
    public required UserId UserId { get; init; }
}

/// <summary>Push rules.</summary>
public sealed record PushRules
{
    /// <summary>The global ruleset: an object with a list of rules per kind.</summary>
    public required RawJson Global { get; init; }
}

/// <summary>Changes one push rule. Exactly one of the changes is given.</summary>
[AnsweredBy(ComponentNames.UserApi)]
public sealed record PerformPushRuleUpdate : IPerform<Done>
{
    /// <summary>Whose.</summary>
    public required UserId UserId { get; init; }

    /// <summary>override, content, room, sender or underride.</summary>
    public required string Kind { get; init; }

    /// <summary>The rule.</summary>
    public required string RuleId { get; init; }

    /// <summary>Makes or replaces the user's own rule: an object of actions, conditions, pattern.</summary>
    public RawJson? Rule { get; init; }

    /// <summary>With <see cref="Rule"/>: the rule it comes right before.</summary>
    public string? Before { get; init; }

    /// <summary>With <see cref="Rule"/>: the rule it comes right after.</summary>
    public string? After { get; init; }

    /// <summary>Removes the user's own rule.</summary>
    public bool Delete { get; init; }

    /// <summary>Turns it on or off.</summary>
    public bool? Enabled { get; init; }

    /// <summary>Replaces its actions, a list.</summary>
    public RawJson? Actions { get; init; }
}
