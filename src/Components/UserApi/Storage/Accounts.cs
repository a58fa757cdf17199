using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Matrix.Bus.UserApi;

/// <summary>An account as stored.</summary>
sealed record Account(UserId UserId, string? PasswordHash, bool IsAdmin, bool IsGuest, bool IsDeactivated, bool IsLocked, bool IsSuspended);

/// <summary>An account by its id.</summary>
sealed class AccountById([FromKeyedServices(ComponentNames.UserApi)] NpgsqlDataSource db)
{
    const string Sql = """
        SELECT user_id, password_hash, is_admin, is_guest, deactivated_at IS NOT NULL, locked, suspended
        FROM users.account WHERE user_id = $1
        """;

    public Task<Account?> Find(UserId user, CancellationToken cancel) => db.Row(Sql, Read, cancel, user.Value);

    static Account Read(NpgsqlDataReader row) => new(
        UserId.Parse(row.GetString(0)), row.Maybe<string>(1), row.GetBoolean(2), row.GetBoolean(3), row.GetBoolean(4), row.GetBoolean(5), row.GetBoolean(6));
}
