using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Users;
using Matrix.Bus.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Matrix.Bus.UserApi;

/// <summary>Devices as their user sees them.</summary>
sealed class DeviceRows([FromKeyedServices(ComponentNames.UserApi)] NpgsqlDataSource db)
{
    const string FindSql = """
        SELECT device_id, display_name, last_seen_at, last_seen_ip FROM users.device
        WHERE user_id = $1 AND ($2::text IS NULL OR device_id = $2) ORDER BY device_id COLLATE "C"
        """;

    const string RenameSql = "UPDATE users.device SET display_name = COALESCE($3, display_name) WHERE user_id = $1 AND device_id = $2";

    public async Task<IReadOnlyList<Device>> Find(UserId user, string? device, CancellationToken cancel) =>
        await db.Rows(FindSql, Read, cancel, user.Value, device?.Replace("\0", "", StringComparison.Ordinal));

    public async Task<bool> Rename(UserId user, string device, string? name, CancellationToken cancel) =>
        !device.Contains('\0') && await db.Execute(RenameSql, cancel, user.Value, device, Devices.Shortened(name)) == 1;

    static Device Read(NpgsqlDataReader row) => new()
    {
        DeviceId = row.GetString(0),
        DisplayName = row.Maybe<string>(1),
        LastSeenAt = row.IsDBNull(2) ? null : row.GetFieldValue<DateTimeOffset>(2),
        LastSeenAddress = row.Maybe<string>(3),
    };
}
