using Matrix.Bus.Protocol;

namespace Matrix.Bus.Messages.Users;

/// <summary>Changes a password. Repeating it changes nothing.</summary>
[AnsweredBy(ComponentNames.UserApi)]
public sealed record PerformPasswordUpdate : IPerform<Done>
{
    /// <summary>Whose.</summary>
    public required UserId UserId { get; init; }

    /// <summary>The new one.</summary>
    public required string Password { get; init; }

    /// <summary>Whether sessions end, all but that of <see cref="KeptDeviceId"/>.</summary>
    public required bool LogoutDevices { get; init; }

    /// <summary>The device that stays.</summary>
    public string? KeptDeviceId { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"PerformPasswordUpdate of {UserId}";
}

/// <summary>Ends an account for good: no login, no profile, and in time no room. Its id is not given out again.</summary>
[AnsweredBy(ComponentNames.UserApi)]
public sealed record PerformAccountDeactivation : IPerform<Done>
{
    /// <summary>Whose.</summary>
    public required UserId UserId { get; init; }

    /// <summary>The user wishes what they said to be forgotten as far as possible.</summary>
    public bool Erase { get; init; }
}

/// <summary>Sets the standing of an account; what is null stays.</summary>
[AnsweredBy(ComponentNames.UserApi)]
public sealed record PerformAccountStanding : IPerform<Done>
{
    /// <summary>Whose.</summary>
    public required UserId UserId { get; init; }

    /// <summary>Locked: may only log out.</summary>
    public bool? Locked { get; init; }

    /// <summary>Suspended: may read, leave and log out.</summary>
    public bool? Suspended { get; init; }

    /// <summary>Server administrator.</summary>
    public bool? Admin { get; init; }
}

/// <summary>What is known of an account. Refused with M_NOT_FOUND for one that does not exist.</summary>
[AnsweredBy(ComponentNames.UserApi)]
public sealed record QueryAccount : IQuery<AccountInfo>
{
    /// <summary>Whose.</summary>
    public required UserId UserId { get; init; }
}

/// <summary>What is known of an account.</summary>
public sealed record AccountInfo
{
    /// <summary>Whose.</summary>
    public required UserId UserId { get; init; }

    /// <summary>Whether it was ended.</summary>
    public required bool Deactivated { get; init; }

    /// <summary>Whether it is locked.</summary>
    public required bool Locked { get; init; }

    /// <summary>Whether it is suspended.</summary>
    public required bool Suspended { get; init; }

    /// <summary>Whether it is a server administrator's.</summary>
    public required bool Admin { get; init; }
}

/// <summary>Makes a token by which somebody else can ask this server who the user is, for an hour.</summary>
[AnsweredBy(ComponentNames.UserApi)]
public sealed record PerformOpenIdTokenCreation : IPerform<OpenIdToken>
{
    /// <summary>Whose.</summary>
    public required UserId UserId { get; init; }
}

/// <summary>An OpenID token.</summary>
public sealed record OpenIdToken
{
    /// <summary>The token.</summary>
    public required string Token { get; init; }

    /// <summary>How long it works, in seconds.</summary>
    public required int ExpiresInSeconds { get; init; }

    /// <inheritdoc/>
    public override string ToString() => "OpenIdToken";
}

/// <summary>Whose OpenID token is this? Refused with M_UNKNOWN_TOKEN for nobody's.</summary>
[AnsweredBy(ComponentNames.UserApi)]
public sealed record QueryOpenIdToken : IQuery<OpenIdUser>
{
    /// <summary>SHA-256 of the token, hex.</summary>
    public required string TokenHash { get; init; }
}

/// <summary>The user of an OpenID token.</summary>
public sealed record OpenIdUser
{
    /// <summary>The user.</summary>
    public required UserId UserId { get; init; }
}
