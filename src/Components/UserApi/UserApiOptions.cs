using Matrix.Bus.Foundation;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.UserApi;

/// <summary>What the configuration says about accounts.</summary>
sealed record UserApiOptions
{
    /// <summary>The part of a user id after the colon.</summary>
    public required ServerName ServerName { get; init; }

    /// <summary>The secret of registration by shared secret; null for none, and then there is no such registration.</summary>
    public string? SharedSecret { get; init; }

    /// <summary>What a password hash costs.</summary>
    public Protocol.PasswordCost PasswordCost { get; init; } = Protocol.PasswordCost.Interactive;

    /// <summary>Into how many partitions the log is spread.</summary>
    public required int Partitions { get; init; }

    /// <summary>How long an access token lives whose client knows how to refresh it.</summary>
    public TimeSpan AccessTokenLifetime { get; init; } = TimeSpan.FromHours(1);

    public static UserApiOptions From(MatrixBusOptions options) => new()
    {
        ServerName = ServerName.Parse(options.ServerName),
        SharedSecret = options.Registration.SharedSecret is { Length: > 0 } secret ? secret : null,
        PasswordCost = options.Passwords.Cost == Foundation.PasswordCost.Minimal ? Protocol.PasswordCost.Minimal : Protocol.PasswordCost.Interactive,
        Partitions = options.Bus.Partitions,
    };
}
