using System.Security.Cryptography;
using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Matrix.Bus.UserApi;

/// <summary>Filters, known by their content.</summary>
sealed class StoredFilters([FromKeyedServices(ComponentNames.UserApi)] NpgsqlDataSource db)
{
    const long MaxPerUser = 1000;

    const string LockSql = "SELECT true FROM users.account WHERE user_id = $1 FOR NO KEY UPDATE";

    const string KnownSql = "SELECT filter_id FROM users.filter WHERE user_id = $1 AND hash = $2";

    const string AddSql = """
        INSERT INTO users.filter (user_id, filter_id, hash, content)
        SELECT $1, COALESCE(max(filter_id), -1) + 1, $2, $3 FROM users.filter WHERE user_id = $1 HAVING count(*) < $4
        RETURNING filter_id
        """;

    const string FindSql = "SELECT content FROM users.filter WHERE user_id = $1 AND filter_id = $2";

    /// <summary>The id of the filter, new or known; null if the user has too many.</summary>
    public async Task<long?> Store(UserId user, RawJson filter, CancellationToken cancel)
    {
        var content = filter.Utf8.ToArray();
        var hash = SHA256.HashData(content);
        return await db.Row(KnownSql, Id, cancel, user.Value, hash) ?? await db.Transaction(
            async connection =>
            {
                await connection.Row(LockSql, row => row.GetBoolean(0), cancel, user.Value);
                return await connection.Row(KnownSql, Id, cancel, user.Value, hash)
                    ?? await connection.Row(AddSql, Id, cancel, user.Value, hash, content, MaxPerUser);
            },
            cancel);
    }

    public async Task<RawJson?> Find(UserId user, long id, CancellationToken cancel) =>
        await db.Row(FindSql, row => row.GetFieldValue<byte[]>(0), cancel, user.Value, id) is { } content ? new RawJson(content) : null;

    static long? Id(NpgsqlDataReader row) => row.GetInt64(0);
}
