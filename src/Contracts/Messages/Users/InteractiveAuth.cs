using Matrix.Bus.Protocol;

namespace Matrix.Bus.Messages.Users;

/// <summary>Takes a request's <c>auth</c> a stage further (client-server API, "User-Interactive Authentication API").</summary>
/// <remarks>A session is bound to user, method and URI, lives a quarter of an hour, and is spent by the request it authorises.</remarks>
[AnsweredBy(ComponentNames.UserApi)]
public sealed record PerformInteractiveAuth : IPerform<InteractiveAuthStep>
{
    /// <summary>The user who makes the request; null for a registration.</summary>
    public UserId? UserId { get; init; }

    /// <summary>HTTP method.</summary>
    public required string Method { get; init; }

    /// <summary>The request's path.</summary>
    public required string Uri { get; init; }

    /// <summary>The ways to authenticate, each a list of stages in order; a session keeps to those of its request.</summary>
    public required IReadOnlyList<IReadOnlyList<string>> Flows { get; init; }

    /// <summary>The <c>auth</c> of the request, an object; null if it had none.</summary>
    public RawJson? Auth { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"PerformInteractiveAuth of {UserId} for {Method} {Uri}";
}

/// <summary>How far it got.</summary>
public sealed record InteractiveAuthStep
{
    /// <summary>The request is authorised, once: now.</summary>
    public required bool Authorised { get; init; }

    /// <summary>Otherwise: the body of the 401, an object.</summary>
    public RawJson? Challenge { get; init; }
}

/// <summary>Completes a stage from the fallback web page. Answers whether there is such a session and the stage is done.</summary>
[AnsweredBy(ComponentNames.UserApi)]
public sealed record PerformFallbackStage : IPerform<FallbackStage>
{
    /// <summary>The session that the client gave to the page.</summary>
    public required string Session { get; init; }

    /// <summary>The stage, <c>m.login.dummy</c> or <c>m.login.registration_token</c>.</summary>
    public required string Stage { get; init; }

    /// <summary>What the user typed, for a registration token.</summary>
    public string? Token { get; init; }
}

/// <summary>Whether the stage is done.</summary>
public sealed record FallbackStage
{
    /// <summary>Whether the stage is done.</summary>
    public required bool Completed { get; init; }
}

/// <summary>Is this registration token good for a registration now?</summary>
[AnsweredBy(ComponentNames.UserApi)]
public sealed record QueryRegistrationToken : IQuery<RegistrationTokenValidity>
{
    /// <summary>The token.</summary>
    public required string Token { get; init; }
}

/// <summary>The answer.</summary>
public sealed record RegistrationTokenValidity
{
    /// <summary>Whether it is good.</summary>
    public required bool Valid { get; init; }
}

/// <summary>Makes or replaces a registration token.</summary>
[AnsweredBy(ComponentNames.UserApi)]
public sealed record PerformRegistrationTokenCreation : IPerform<RegistrationToken>
{
    /// <summary>The token: 1 to 64 characters of <c>[A-Za-z0-9._~-]</c>; null for a random one.</summary>
    public string? Token { get; init; }

    /// <summary>How many accounts it may make; null for any number.</summary>
    public int? UsesAllowed { get; init; }

    /// <summary>When it stops working; null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
}

/// <summary>A registration token.</summary>
public sealed record RegistrationToken
{
    /// <summary>The token.</summary>
    public required string Token { get; init; }
}
