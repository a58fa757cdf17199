using Matrix.Bus.Foundation;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.ClientApi;

/// <summary>What the configuration says about the client-server API.</summary>
sealed record ClientApiOptions
{
    /// <summary>The server's name.</summary>
    public required ServerName ServerName { get; init; }

    /// <summary>Whether anybody may register.</summary>
    public bool RegistrationOpen { get; init; }

    /// <summary>Whether registering takes a registration token.</summary>
    public bool RequireToken { get; init; }

    /// <summary>Whether logins and registrations are limited.</summary>
    public bool RateLimits { get; init; } = true;

    /// <summary>The version of a room whose maker names none.</summary>
    public string DefaultRoomVersion { get; init; } = "12";

    /// <summary>What clients use to reach this server, for <c>.well-known/matrix/client</c>; null if that is told elsewhere.</summary>
    public string? PublicBaseUrl { get; init; }

    public static ClientApiOptions From(MatrixBusOptions options) => new()
    {
        ServerName = ServerName.Parse(options.ServerName),
        RegistrationOpen = options.Registration.Open,
        RequireToken = options.Registration.RequireToken,
        RateLimits = options.RateLimits.Enabled,
        DefaultRoomVersion = options.Rooms.DefaultVersion,
        PublicBaseUrl = options.PublicBaseUrl,
    };
}
