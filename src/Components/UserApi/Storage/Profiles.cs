using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Matrix.Bus.UserApi;

/// <summary>Profiles of this server's users.</summary>
sealed class Profiles([FromKeyedServices(ComponentNames.UserApi)] NpgsqlDataSource db, TimeProvider clock)
{
    const string FindSql = """
        SELECT p.name, p.value FROM users.account a LEFT JOIN users.profile_field p ON p.user_id = a.user_id
        WHERE a.user_id = $1 AND a.deactivated_at IS NULL
        """;

    const string LockSql = "SELECT true FROM users.account WHERE user_id = $1 AND deactivated_at IS NULL FOR NO KEY UPDATE";

    const string SaveSql = """
        INSERT INTO users.profile_field (user_id, name, value) VALUES ($1, $2, $3)
        ON CONFLICT (user_id, name) DO UPDATE SET value = $3
        """;

    const string DeleteSql = "DELETE FROM users.profile_field WHERE user_id = $1 AND name = $2";

    const string PropagateSql = """
        INSERT INTO users.profile_propagation (user_id, change, requested_at) VALUES ($1, nextval('users.profile_change'), $2)
        ON CONFLICT (user_id) DO UPDATE SET change = excluded.change, requested_at = excluded.requested_at
        """;

    /// <summary>The fields; null if there is no such user.</summary>
    public async Task<Dictionary<string, RawJson>?> Find(UserId user, CancellationToken cancel)
    {
        var rows = await db.Rows(FindSql, Read, cancel, user.Value);
        return rows.Count == 0 ? null : rows.Where(row => row.Name is not null).ToDictionary(row => row.Name!, row => row.Value);
    }

    /// <summary>Sets or removes a field. Answers whether rooms are to be told, which is then noted.</summary>
    /// <exception cref="RefusedException">M_NOT_FOUND, M_PROFILE_TOO_LARGE.</exception>
    public Task<bool> Change(UserId user, string field, RawJson? value, CancellationToken cancel) => db.Transaction(
        async connection =>
        {
            if (!await connection.Row(LockSql, row => row.GetBoolean(0), cancel, user.Value))
                throw new RefusedException(404, "M_NOT_FOUND", $"There is no user {user}.");
            if (value is { } set)
            {
                var others = (await connection.Rows(FindSql, Read, cancel, user.Value)).Where(row => row.Name is not null && row.Name != field);
                ProfileRules.CheckSize(others.Select(row => (row.Name!, row.Value)).Append((field, set)));
                await connection.Execute(SaveSql, cancel, user.Value, field, set.Utf8.ToArray());
            }
            else
            {
                await connection.Execute(DeleteSql, cancel, user.Value, field);
            }
            if (!ProfileRules.IsShownInRooms(field))
                return false;
            await connection.Execute(PropagateSql, cancel, user.Value, clock.GetUtcNow());
            return true;
        },
        cancel);

    static (string? Name, RawJson Value) Read(NpgsqlDataReader row) =>
        row.IsDBNull(0) ? (null, default) : (row.GetString(0), new RawJson(row.GetFieldValue<byte[]>(1)));
}
