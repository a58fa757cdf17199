using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Users;
using Matrix.Bus.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Matrix.Bus.UserApi;

/// <summary>Who acts by an access token.</summary>
sealed class OwnerOfToken([FromKeyedServices(ComponentNames.UserApi)] NpgsqlDataSource db, IBroadcasts broadcasts)
{
    const string Sql = """
        SELECT t.user_id, t.device_id, t.expires_at, t.family, t.generation, t.used, a.is_guest, a.is_admin, a.locked, a.suspended
        FROM users.access_token t JOIN users.account a ON a.user_id = t.user_id
        WHERE t.token_hash = $1
        """;

    const string UsedSql = "UPDATE users.access_token SET used = true WHERE token_hash = $1 AND NOT used";

    sealed record Found(TokenOwner Owner, long? Family, int Generation, bool Used);

    /// <summary>The owner, not known if there is none. The first use of a refreshed token ends what came before it.</summary>
    public async Task<TokenOwner> Find(byte[] hash, CancellationToken cancel)
    {
        var found = await db.Row(Sql, Read, cancel, hash);
        if (found is null)
            return new TokenOwner { Known = false };
        if (found is { Family: { } family, Used: false })
            await FirstUse(hash, found.Owner.UserId!.Value, found.Owner.DeviceId!, family, found.Generation, cancel);
        return found.Owner;
    }

    async Task FirstUse(byte[] hash, UserId user, string device, long family, int generation, CancellationToken cancel)
    {
        var ended = await db.Transaction(
            async connection =>
            {
                await connection.Execute(UsedSql, cancel, hash);
                return await Refreshes.EndBefore(connection, family, generation, cancel);
            },
            cancel);
        if (ended > 0)
            broadcasts.Tell(new TokensRevoked { UserId = user, DeviceId = device });
    }

    static Found Read(NpgsqlDataReader row) => new(
        new TokenOwner
        {
            Known = true,
            UserId = UserId.Parse(row.GetString(0)),
            DeviceId = row.GetString(1),
            ExpiresAt = row.IsDBNull(2) ? null : row.GetFieldValue<DateTimeOffset>(2),
            IsGuest = row.GetBoolean(6),
            IsAdmin = row.GetBoolean(7),
            IsLocked = row.GetBoolean(8),
            IsSuspended = row.GetBoolean(9),
        },
        row.IsDBNull(3) ? null : row.GetInt64(3),
        row.GetInt32(4),
        row.GetBoolean(5));
}
