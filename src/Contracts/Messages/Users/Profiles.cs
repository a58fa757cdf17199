using Matrix.Bus.Protocol;

namespace Matrix.Bus.Messages.Users;

/// <summary>Asks for a user's profile. Refused with M_NOT_FOUND for a user whom this server does not have.</summary>
[AnsweredBy(ComponentNames.UserApi)]
public sealed record QueryProfile : IQuery<Profile>
{
    /// <summary>Whose.</summary>
    public required UserId UserId { get; init; }
}

/// <summary>A profile.</summary>
public sealed record Profile
{
    /// <summary>The fields that are set, by name, each any JSON value.</summary>
    public required IReadOnlyDictionary<string, RawJson> Fields { get; init; }

    /// <summary><c>displayname</c>.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public string? DisplayName => Text("displayname");

    /// <summary><c>avatar_url</c>.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public string? AvatarUrl => Text("avatar_url");

    string? Text(string name) =>
        Fields.TryGetValue(name, out var value) && value.Parse() is { ValueKind: System.Text.Json.JsonValueKind.String } text ? text.GetString() : null;
}

/// <summary>Sets or removes a profile field. What rooms show of it (display name, avatar) follows in the background. Repeating it
/// changes nothing.</summary>
[AnsweredBy(ComponentNames.UserApi)]
public sealed record PerformProfileUpdate : IPerform<Done>
{
    /// <summary>Whose.</summary>
    public required UserId UserId { get; init; }

    /// <summary>The field's name.</summary>
    public required string Field { get; init; }

    /// <summary>Its value, any JSON; null removes it.</summary>
    public RawJson? Value { get; init; }
}

/// <summary>Searches users by id and display name.</summary>
[AnsweredBy(ComponentNames.UserApi)]
public sealed record SearchProfiles : IQuery<FoundProfiles>
{
    /// <summary>What to look for, in any case.</summary>
    public required string Term { get; init; }

    /// <summary>At most so many.</summary>
    public required int Limit { get; init; }
}

/// <summary>What was found, the best first.</summary>
public sealed record FoundProfiles
{
    /// <summary>The users.</summary>
    public required IReadOnlyList<FoundProfile> Results { get; init; }

    /// <summary>Whether there are more.</summary>
    public required bool Limited { get; init; }
}

/// <summary>A user found.</summary>
public sealed record FoundProfile
{
    /// <summary>The user.</summary>
    public required UserId UserId { get; init; }

    /// <summary>Their display name.</summary>
    public string? DisplayName { get; init; }

    /// <summary>Their avatar.</summary>
    public string? AvatarUrl { get; init; }
}
