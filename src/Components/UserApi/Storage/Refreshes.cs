using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Users;
using Matrix.Bus.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Matrix.Bus.UserApi;

/// <summary>
/// Moves a family of tokens on by a generation. The old pair stays good until one of the new pair is used (client-server API,
/// "Refreshing access tokens"); a refresh token that comes again after that ends the family.
/// </summary>
sealed class Refreshes(
    [FromKeyedServices(ComponentNames.UserApi)] NpgsqlDataSource db, UserApiOptions options, IBroadcasts broadcasts, TimeProvider clock)
{
    // The row lock makes refreshes of a family take turns.
    const string FindSql = "SELECT user_id, device_id, family, generation, spent FROM users.refresh_token WHERE token_hash = $1 FOR UPDATE";

    const string DropLaterAccessSql = "DELETE FROM users.access_token WHERE family = $1 AND generation > $2";

    const string DropLaterRefreshSql = "DELETE FROM users.refresh_token WHERE family = $1 AND generation > $2";

    const string SpendSql = "UPDATE users.refresh_token SET spent = true WHERE family = $1 AND generation < $2 AND NOT spent";

    const string EndAccessSql = "DELETE FROM users.access_token WHERE family = $1 AND generation < $2";

    sealed record Found(UserId User, string Device, long Family, int Generation, bool Spent);

    /// <summary>The next pair; null for a token that is unknown or was spent.</summary>
    public async Task<Session?> Refresh(byte[] hash, CancellationToken cancel)
    {
        var (found, session) = await db.Transaction(
            async connection =>
            {
                var token = await connection.Row(FindSql, Read, cancel, hash);
                if (token is null)
                    return (null, null);
                if (token.Spent)
                {
                    await connection.Execute(DropLaterAccessSql, cancel, token.Family, -1);
                    await connection.Execute(DropLaterRefreshSql, cancel, token.Family, -1);
                    return (token, null);
                }
                await EndBefore(connection, token.Family, token.Generation, cancel);
                await connection.Execute(DropLaterAccessSql, cancel, token.Family, token.Generation);
                await connection.Execute(DropLaterRefreshSql, cancel, token.Family, token.Generation);
                var next = await Tokens.Issue(
                    connection, token.User, token.Device, token.Family, token.Generation + 1, options.AccessTokenLifetime, clock.GetUtcNow(), cancel);
                return ((Found?)token, (Session?)next);
            },
            cancel);
        if (found is not null)
            broadcasts.Tell(new TokensRevoked { UserId = found.User, DeviceId = found.Device });
        return session;
    }

    /// <summary>Ends the generations before one; answers how many access tokens stopped working.</summary>
    public static async Task<int> EndBefore(NpgsqlConnection connection, long family, int generation, CancellationToken cancel)
    {
        await connection.Execute(SpendSql, cancel, family, generation);
        return await connection.Execute(EndAccessSql, cancel, family, generation);
    }

    static Found Read(NpgsqlDataReader row) =>
        new(UserId.Parse(row.GetString(0)), row.GetString(1), row.GetInt64(2), row.GetInt32(3), row.GetBoolean(4));
}
