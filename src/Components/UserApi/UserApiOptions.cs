using Matrix.Bus.Protocol;
using Microsoft.Extensions.Configuration;

namespace Matrix.Bus.UserApi;

/// <summary>What the configuration says about accounts.</summary>
sealed record UserApiOptions
{
    /// <summary>The part of a user id after the colon.</summary>
    public required ServerName ServerName { get; init; }

    /// <summary>The secret of registration by shared secret; null for none, and then there is no such registration.</summary>
    public string? SharedSecret { get; init; }

    /// <summary>What a password hash costs.</summary>
    public PasswordCost PasswordCost { get; init; } = PasswordCost.Interactive;

    /// <summary>How long an access token lives whose client knows how to refresh it.</summary>
    public TimeSpan AccessTokenLifetime { get; init; } = TimeSpan.FromHours(1);

    public static UserApiOptions From(IConfiguration configuration) => new()
    {
        ServerName = ServerName.Parse(configuration["ServerName"] ?? "localhost"),
        SharedSecret = configuration["Registration:SharedSecret"] is { Length: > 0 } secret ? secret : null,
        PasswordCost = string.Equals(configuration["Passwords:Cost"], "minimal", StringComparison.OrdinalIgnoreCase) ? PasswordCost.Minimal : PasswordCost.Interactive,
    };
}
