using Matrix.Bus.Protocol;

namespace Matrix.Bus.Messages.Users;

/// <summary>Whose token is this? Asked on every request, so callers keep the answer until <see cref="TokensRevoked"/>.</summary>
[AnsweredBy(ComponentNames.UserApi)]
public sealed record QueryAccessToken : IQuery<TokenOwner>
{
    /// <summary>SHA-256 of the token, hex: the token itself never crosses the bus.</summary>
    public required string TokenHash { get; init; }

    /// <summary>Where the request came from, for the device's "last seen".</summary>
    public string? ClientAddress { get; init; }

    /// <summary>The client's User-Agent, likewise.</summary>
    public string? UserAgent { get; init; }
}

/// <summary>The owner of an access token, or the reason there is none.</summary>
public sealed record TokenOwner
{
    /// <summary>False for a token nobody has.</summary>
    public required bool Known { get; init; }

    /// <summary>True for a token that expired or whose session was soft-logged out: the client may refresh.</summary>
    public bool SoftLogout { get; init; }

    /// <summary>The user.</summary>
    public UserId? UserId { get; init; }

    /// <summary>The device.</summary>
    public string? DeviceId { get; init; }

    /// <summary>When the token stops working.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Guests may do little.</summary>
    public bool IsGuest { get; init; }

    /// <summary>Server administrator.</summary>
    public bool IsAdmin { get; init; }

    /// <summary>A locked account may only log out.</summary>
    public bool IsLocked { get; init; }

    /// <summary>A suspended account may only read and leave.</summary>
    public bool IsSuspended { get; init; }
}

/// <summary>These tokens mean nothing any more: every host forgets what it kept.</summary>
public sealed record TokensRevoked : IBroadcast
{
    /// <summary>The user whose sessions ended or changed.</summary>
    public required UserId UserId { get; init; }

    /// <summary>One device, or null for all.</summary>
    public string? DeviceId { get; init; }
}
