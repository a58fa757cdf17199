using Matrix.Bus.Protocol;

namespace Matrix.Bus.Messages.Users;

/// <summary>A new session: a device and the tokens that act for it. The only place where a token stands in the clear.</summary>
public sealed record Session
{
    /// <summary>Whose session.</summary>
    public required UserId UserId { get; init; }

    /// <summary>The device.</summary>
    public required string DeviceId { get; init; }

    /// <summary>Acts for the device.</summary>
    public required string AccessToken { get; init; }

    /// <summary>Gets the next access token; only for clients that asked for one.</summary>
    public string? RefreshToken { get; init; }

    /// <summary>When the access token stops working; null for never.</summary>
    public long? ExpiresInMs { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"Session of {UserId} on {DeviceId}";
}

/// <summary>How the device of a new session is to be.</summary>
public sealed record NewDevice
{
    /// <summary>A device id to reuse or to make; null for a generated one.</summary>
    public string? DeviceId { get; init; }

    /// <summary>What to call a device that is new; ignored for one that exists.</summary>
    public string? InitialDisplayName { get; init; }

    /// <summary>The client knows refresh tokens: its access token expires.</summary>
    public bool WantsRefreshToken { get; init; }
}

/// <summary>Logs in with a password. Not idempotent: repeating it makes another session, on the same device if one is named.</summary>
/// <remarks>Refused with M_FORBIDDEN whether the user or the password is wrong; M_USER_DEACTIVATED and M_USER_LOCKED only to
/// who knows the password.</remarks>
[AnsweredBy(ComponentNames.UserApi)]
public sealed record PerformPasswordLogin : IPerform<Session>
{
    /// <summary>A user id of this server, or a localpart.</summary>
    public required string User { get; init; }

    /// <summary>The password.</summary>
    public required string Password { get; init; }

    /// <summary>The session's device.</summary>
    public required NewDevice Device { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"PerformPasswordLogin of {User}";
}

/// <summary>Logs in with a login token, which is then spent.</summary>
[AnsweredBy(ComponentNames.UserApi)]
public sealed record PerformTokenLogin : IPerform<Session>
{
    /// <summary>SHA-256 of the login token, hex.</summary>
    public required string TokenHash { get; init; }

    /// <summary>The session's device.</summary>
    public required NewDevice Device { get; init; }
}

/// <summary>Makes a login token for another device of the user: two minutes, single use.</summary>
[AnsweredBy(ComponentNames.UserApi)]
public sealed record PerformLoginTokenCreation : IPerform<LoginToken>
{
    /// <summary>Who will be logged in by it.</summary>
    public required UserId UserId { get; init; }
}

/// <summary>A login token.</summary>
public sealed record LoginToken
{
    /// <summary>The token.</summary>
    public required string Token { get; init; }

    /// <summary>How long it works.</summary>
    public required long ExpiresInMs { get; init; }

    /// <inheritdoc/>
    public override string ToString() => "LoginToken";
}

/// <summary>Trades a refresh token for the next access and refresh token. Repeating it with the same token gives another pair
/// until one of a pair is used; after that it is theft and ends the session.</summary>
[AnsweredBy(ComponentNames.UserApi)]
public sealed record PerformRefresh : IPerform<Session>
{
    /// <summary>SHA-256 of the refresh token, hex.</summary>
    public required string TokenHash { get; init; }
}

/// <summary>Ends sessions: their devices and tokens are gone, on every host at once. Repeating it changes nothing.</summary>
[AnsweredBy(ComponentNames.UserApi)]
public sealed record PerformLogout : IPerform<Done>
{
    /// <summary>Whose.</summary>
    public required UserId UserId { get; init; }

    /// <summary>The devices; null for all.</summary>
    public IReadOnlyList<string>? DeviceIds { get; init; }
}
