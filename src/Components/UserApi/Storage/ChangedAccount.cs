using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Matrix.Bus.UserApi;

/// <summary>Changes of an account's row.</summary>
sealed class ChangedAccount([FromKeyedServices(ComponentNames.UserApi)] NpgsqlDataSource db, TimeProvider clock)
{
    const string PasswordSql = "UPDATE users.account SET password_hash = $2 WHERE user_id = $1 AND deactivated_at IS NULL";

    const string StandingSql = """
        UPDATE users.account SET locked = COALESCE($2, locked), suspended = COALESCE($3, suspended), is_admin = COALESCE($4, is_admin)
        WHERE user_id = $1
        """;

    const string DeactivateSql = """
        UPDATE users.account SET password_hash = NULL, is_admin = false, deactivated_at = COALESCE(deactivated_at, $2), erased = erased OR $3
        WHERE user_id = $1
        """;

    // What the user left behind outside rooms. Rooms are left in the background.
    const string ForgetSql = """
        WITH profile AS (DELETE FROM users.profile_field WHERE user_id = $1),
             login AS (DELETE FROM users.login_token WHERE user_id = $1),
             openid AS (DELETE FROM users.openid_token WHERE user_id = $1)
        INSERT INTO users.departure (user_id, requested_at) VALUES ($1, $2) ON CONFLICT (user_id) DO NOTHING
        """;

    public async Task<bool> SetPassword(UserId user, string hash, CancellationToken cancel) =>
        await db.Execute(PasswordSql, cancel, user.Value, hash) == 1;

    public async Task<bool> SetStanding(UserId user, bool? locked, bool? suspended, bool? admin, CancellationToken cancel) =>
        await db.Execute(StandingSql, cancel, user.Value, locked, suspended, admin) == 1;

    public Task<bool> Deactivate(UserId user, bool erase, CancellationToken cancel) => db.Transaction(
        async connection =>
        {
            if (await connection.Execute(DeactivateSql, cancel, user.Value, clock.GetUtcNow(), erase) == 0)
                return false;
            await connection.Execute(ForgetSql, cancel, user.Value, clock.GetUtcNow());
            return true;
        },
        cancel);
}
