using Matrix.Bus.Foundation;
using Matrix.Bus.Messages.Users;
using Matrix.Bus.Protocol;
using Npgsql;

namespace Matrix.Bus.UserApi;

/// <summary>Issues the tokens of a device; they are stored as hashes and seen once.</summary>
static class Tokens
{
    const string AccessSql = """
        INSERT INTO users.access_token (token_hash, user_id, device_id, created_at, expires_at, family, generation)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """;

    const string RefreshSql = """
        INSERT INTO users.refresh_token (token_hash, user_id, device_id, created_at, family, generation)
        VALUES ($1, $2, $3, $4, $5, $6)
        """;

    /// <summary>An access token, and for a family a refresh token with it.</summary>
    public static async Task<Session> Issue(
        NpgsqlConnection connection, UserId user, string device, long? family, int generation, TimeSpan lifetime, DateTimeOffset now, CancellationToken cancel)
    {
        var access = SecretToken.Create("mba_");
        DateTimeOffset? expires = family is null ? null : now + lifetime;
        await connection.Execute(AccessSql, cancel, SecretToken.Hash(access), user.Value, device, now, expires, family, generation);
        string? refresh = null;
        if (family is not null)
        {
            refresh = SecretToken.Create("mbr_");
            await connection.Execute(RefreshSql, cancel, SecretToken.Hash(refresh), user.Value, device, now, family, generation);
        }
        return new Session
        {
            UserId = user,
            DeviceId = device,
            AccessToken = access,
            RefreshToken = refresh,
            ExpiresInMs = family is null ? null : (long)lifetime.TotalMilliseconds,
        };
    }
}
