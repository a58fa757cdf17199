using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Matrix.Bus.UserApi;

/// <summary>Registration tokens. A session that has shown one holds one of its uses until it is spent or expires.</summary>
sealed class RegistrationTokens([FromKeyedServices(ComponentNames.UserApi)] NpgsqlDataSource db, TimeProvider clock)
{
    const string ValidSql = """
        SELECT true FROM users.registration_token t
        WHERE token = $1 AND (expires_at IS NULL OR expires_at > $2) AND (uses_allowed IS NULL OR uses_allowed > completed +
            (SELECT count(*) FROM users.interactive_auth a WHERE a.registration_token = t.token AND a.expires_at >= $2))
        """;

    const string SaveSql = """
        INSERT INTO users.registration_token (token, uses_allowed, expires_at) VALUES ($1, $2, $3)
        ON CONFLICT (token) DO UPDATE SET uses_allowed = $2, expires_at = $3
        """;

    public Task<bool> IsValid(string token, CancellationToken cancel) =>
        token.Contains('\0') ? Task.FromResult(false) : db.Row(ValidSql, row => row.GetBoolean(0), cancel, token, clock.GetUtcNow());

    public Task Save(string token, int? usesAllowed, DateTimeOffset? expiresAt, CancellationToken cancel) =>
        db.Execute(SaveSql, cancel, token, usesAllowed, expiresAt);
}
