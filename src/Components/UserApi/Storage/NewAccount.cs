using System.Text.Json;
using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Users;
using Matrix.Bus.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Matrix.Bus.UserApi;

/// <summary>Stores a new account with its profile and push rules.</summary>
sealed class NewAccount(
    [FromKeyedServices(ComponentNames.UserApi)] NpgsqlDataSource db, LogTable<OutputClientData> log, UserApiOptions options, TimeProvider clock)
{
    // A deactivated account keeps its row, so its id is taken for good.
    const string InsertSql = """
        INSERT INTO users.account (user_id, password_hash, is_admin, user_type, app_service, created_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (user_id) DO NOTHING
        """;

    const string DisplayNameSql = "INSERT INTO users.profile_field (user_id, name, value) VALUES ($1, 'displayname', $2)";

    const string PushRulesSql = "INSERT INTO users.account_data (user_id, room_id, type, content) VALUES ($1, '', 'm.push_rules', $2)";

    /// <summary>A localpart that nobody has chosen: the next number.</summary>
    public async Task<UserId> GenerateId(CancellationToken cancel)
    {
        var number = await db.Row("SELECT nextval('users.generated_localpart')", row => row.GetInt64(0), cancel);
        return UserId.Parse($"@{number}:{options.ServerName}");
    }

    /// <summary>False if the id is taken.</summary>
    public async Task<bool> TryStore(UserId user, string? passwordHash, bool isAdmin, string? userType, string? appService, string? displayName, CancellationToken cancel)
    {
        var rules = new OutputClientData { UserId = user, Type = "m.push_rules", Content = PushRuleset.Default(user) };
        var logged = await db.Transaction(
            async connection =>
            {
                if (await connection.Execute(InsertSql, cancel, user.Value, passwordHash, isAdmin, userType, appService, clock.GetUtcNow()) == 0)
                    return null;
                if (displayName is not null)
                    await connection.Execute(DisplayNameSql, cancel, user.Value, JsonSerializer.SerializeToUtf8Bytes(displayName));
                await connection.Execute(PushRulesSql, cancel, user.Value, rules.Content.Utf8.ToArray());
                // Clients find their push rules in their first sync.
                return await log.Append(connection, [rules], cancel);
            },
            cancel);
        if (logged is null)
            return false;
        log.Announce(logged);
        return true;
    }
}
