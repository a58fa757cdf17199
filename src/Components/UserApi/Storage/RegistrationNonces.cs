using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Matrix.Bus.UserApi;

/// <summary>Nonces of registration by shared secret: each good once, for a minute, on any host.</summary>
sealed class RegistrationNonces([FromKeyedServices(ComponentNames.UserApi)] NpgsqlDataSource db, TimeProvider clock)
{
    static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    const string AddSql = """
        WITH expired AS (DELETE FROM users.registration_nonce WHERE expires_at < $3)
        INSERT INTO users.registration_nonce (nonce, expires_at) VALUES ($1, $2)
        """;

    const string SpendSql = "DELETE FROM users.registration_nonce WHERE nonce = $1 AND expires_at >= $2";

    public async Task<string> Create(CancellationToken cancel)
    {
        var nonce = SecretToken.Create();
        var now = clock.GetUtcNow();
        await db.Execute(AddSql, cancel, nonce, now + Lifetime, now);
        return nonce;
    }

    /// <summary>False if it is not ours, expired, or was spent before.</summary>
    public async Task<bool> Spend(string nonce, CancellationToken cancel) =>
        !nonce.Contains('\0') && await db.Execute(SpendSql, cancel, nonce, clock.GetUtcNow()) == 1;
}
