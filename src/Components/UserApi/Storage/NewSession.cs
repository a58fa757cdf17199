using System.Security.Cryptography;
using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Users;
using Matrix.Bus.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Matrix.Bus.UserApi;

/// <summary>Gives a device new tokens, in place of those it had.</summary>
sealed class NewSession(
    [FromKeyedServices(ComponentNames.UserApi)] NpgsqlDataSource db, UserApiOptions options, IBroadcasts broadcasts, TimeProvider clock)
{
    const int MaxDeviceIdLength = 255;

    const string DeviceSql = """
        INSERT INTO users.device (user_id, device_id, display_name, created_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (user_id, device_id) DO NOTHING
        """;

    const string AccessTokensSql = "DELETE FROM users.access_token WHERE user_id = $1 AND device_id = $2";

    const string RefreshTokensSql = "DELETE FROM users.refresh_token WHERE user_id = $1 AND device_id = $2";

    /// <summary>Makes the session.</summary>
    /// <exception cref="RefusedException">M_INVALID_PARAM for a device id that is too long or empty.</exception>
    public async Task<Session> Store(UserId user, NewDevice wanted, CancellationToken cancel)
    {
        if (wanted.DeviceId is { Length: 0 or > MaxDeviceIdLength } || wanted.DeviceId?.Contains('\0') == true)
            throw new RefusedException(400, "M_INVALID_PARAM", $"A device id has 1 to {MaxDeviceIdLength} characters.");
        var device = wanted.DeviceId ?? RandomNumberGenerator.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZ", 10);

        var session = await db.Transaction(
            async connection =>
            {
                var made = await connection.Execute(DeviceSql, cancel, user.Value, device, Devices.Shortened(wanted.InitialDisplayName), clock.GetUtcNow());
                if (made == 0)
                {
                    await connection.Execute(AccessTokensSql, cancel, user.Value, device);
                    await connection.Execute(RefreshTokensSql, cancel, user.Value, device);
                }
                long? family = wanted.WantsRefreshToken
                    ? await connection.Row("SELECT nextval('users.token_family')", row => row.GetInt64(0), cancel)
                    : null;
                return await Tokens.Issue(connection, user, device, family, generation: 0, options.AccessTokenLifetime, clock.GetUtcNow(), cancel);
            },
            cancel);

        // The device may have existed: its old tokens must stop working on every host.
        if (wanted.DeviceId is not null)
            broadcasts.Tell(new TokensRevoked { UserId = user, DeviceId = device });
        return session;
    }
}
