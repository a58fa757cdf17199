using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Users;
using Matrix.Bus.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Matrix.Bus.UserApi;

/// <summary>Deletes devices, and with them their tokens, and tells every host.</summary>
sealed class EndedSessions([FromKeyedServices(ComponentNames.UserApi)] NpgsqlDataSource db, IBroadcasts broadcasts)
{
    const string SomeSql = "DELETE FROM users.device WHERE user_id = $1 AND device_id = ANY($2)";

    const string AllSql = "DELETE FROM users.device WHERE user_id = $1 AND device_id <> $2";

    /// <summary>Ends those of these devices.</summary>
    public async Task End(UserId user, IReadOnlyList<string> devices, CancellationToken cancel)
    {
        await db.Execute(SomeSql, cancel, user.Value, devices.Select(device => device.Replace("\0", "")).ToArray());
        foreach (var device in devices)
            broadcasts.Tell(new TokensRevoked { UserId = user, DeviceId = device });
    }

    /// <summary>Ends all but one.</summary>
    public async Task EndAll(UserId user, string? except, CancellationToken cancel)
    {
        await db.Execute(AllSql, cancel, user.Value, except ?? "");
        broadcasts.Tell(new TokensRevoked { UserId = user });
    }
}
