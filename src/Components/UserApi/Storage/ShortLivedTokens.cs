using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Matrix.Bus.UserApi;

/// <summary>Login tokens (single use) and OpenID tokens, stored as hashes.</summary>
sealed class ShortLivedTokens([FromKeyedServices(ComponentNames.UserApi)] NpgsqlDataSource db, TimeProvider clock)
{
    public static readonly TimeSpan LoginLifetime = TimeSpan.FromMinutes(2);
    public static readonly TimeSpan OpenIdLifetime = TimeSpan.FromHours(1);

    const string AddLoginSql = """
        WITH expired AS (DELETE FROM users.login_token WHERE expires_at < $4)
        INSERT INTO users.login_token (token_hash, user_id, expires_at) VALUES ($1, $2, $3)
        """;

    const string SpendLoginSql = "DELETE FROM users.login_token WHERE token_hash = $1 AND expires_at >= $2 RETURNING user_id";

    const string AddOpenIdSql = """
        WITH expired AS (DELETE FROM users.openid_token WHERE expires_at < $4)
        INSERT INTO users.openid_token (token_hash, user_id, expires_at) VALUES ($1, $2, $3)
        """;

    const string OpenIdSql = "SELECT user_id FROM users.openid_token WHERE token_hash = $1 AND expires_at >= $2";

    public Task<string> CreateLogin(UserId user, CancellationToken cancel) => Create(AddLoginSql, "mbl_", user, LoginLifetime, cancel);

    public Task<string> CreateOpenId(UserId user, CancellationToken cancel) => Create(AddOpenIdSql, "mbo_", user, OpenIdLifetime, cancel);

    /// <summary>Whom a login token logs in; null for an unknown, expired or spent one.</summary>
    public Task<UserId?> SpendLogin(byte[] hash, CancellationToken cancel) => User(SpendLoginSql, hash, cancel);

    /// <summary>Whose OpenID token it is.</summary>
    public Task<UserId?> OfOpenId(byte[] hash, CancellationToken cancel) => User(OpenIdSql, hash, cancel);

    async Task<string> Create(string sql, string prefix, UserId user, TimeSpan lifetime, CancellationToken cancel)
    {
        var token = SecretToken.Create(prefix);
        var now = clock.GetUtcNow();
        await db.Execute(sql, cancel, SecretToken.Hash(token), user.Value, now + lifetime, now);
        return token;
    }

    async Task<UserId?> User(string sql, byte[] hash, CancellationToken cancel) =>
        await db.Row(sql, row => row.GetString(0), cancel, hash, clock.GetUtcNow()) is { } user ? UserId.Parse(user) : null;
}
