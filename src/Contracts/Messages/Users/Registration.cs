using Matrix.Bus.Protocol;

namespace Matrix.Bus.Messages.Users;

/// <summary>Makes an account, and its first session unless that is inhibited. Repeating it is refused with M_USER_IN_USE.</summary>
[AnsweredBy(ComponentNames.UserApi)]
public sealed record PerformAccountCreation : IPerform<AccountCreated>
{
    /// <summary>The localpart wished for, strict grammar; null for a generated one.</summary>
    public string? Localpart { get; init; }

    /// <summary>The password; null for an account that cannot log in by one.</summary>
    public string? Password { get; init; }

    /// <summary>Whether the account is a server administrator.</summary>
    public bool IsAdmin { get; init; }

    /// <summary>The id of the application service that makes it.</summary>
    public string? AppServiceId { get; init; }

    /// <summary>The display name to start with; null for none.</summary>
    public string? DisplayName { get; init; }

    /// <summary>The device of the first session; null for no session.</summary>
    public NewDevice? Device { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"PerformAccountCreation of {Localpart}";
}

/// <summary>An account was made.</summary>
public sealed record AccountCreated
{
    /// <summary>Its id.</summary>
    public required UserId UserId { get; init; }

    /// <summary>Its first session, if one was wanted.</summary>
    public Session? Session { get; init; }
}

/// <summary>May this localpart be registered? Refused with M_USER_IN_USE or M_INVALID_USERNAME if not.</summary>
[AnsweredBy(ComponentNames.UserApi)]
public sealed record QueryAccountAvailability : IQuery<Done>
{
    /// <summary>The localpart.</summary>
    public required string Localpart { get; init; }
}

/// <summary>Begins a registration by shared secret: a nonce that works once within a minute.</summary>
[AnsweredBy(ComponentNames.UserApi)]
public sealed record PerformRegistrationNonce : IPerform<RegistrationNonce>;

/// <summary>The nonce to be signed.</summary>
public sealed record RegistrationNonce
{
    /// <summary>Random.</summary>
    public required string Nonce { get; init; }
}

/// <summary>Makes an account for who knows the shared secret, as proven by an HMAC-SHA1 over the request.</summary>
/// <remarks>The protocol that other servers' tooling speaks: HMAC over nonce, user, password and <c>admin</c> or
/// <c>notadmin</c>, and the user type where there is one, separated by NUL.</remarks>
[AnsweredBy(ComponentNames.UserApi)]
public sealed record PerformSharedSecretRegistration : IPerform<AccountCreated>
{
    /// <summary>A nonce of this server; spent by this.</summary>
    public required string Nonce { get; init; }

    /// <summary>The localpart.</summary>
    public required string Localpart { get; init; }

    /// <summary>The password.</summary>
    public required string Password { get; init; }

    /// <summary>Whether the account is to be a server administrator.</summary>
    public bool IsAdmin { get; init; }

    /// <summary>A kind of user that the tooling names; part of the HMAC where given.</summary>
    public string? UserType { get; init; }

    /// <summary>The display name to start with.</summary>
    public string? DisplayName { get; init; }

    /// <summary>The HMAC, hex.</summary>
    public required string Mac { get; init; }

    /// <summary>False to make the account without a session.</summary>
    public bool WithSession { get; init; } = true;

    /// <inheritdoc/>
    public override string ToString() => $"PerformSharedSecretRegistration of {Localpart}";
}
