using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Users;
using Matrix.Bus.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Matrix.Bus.UserApi;

/// <summary>Users by a part of their id or display name. All users of this server are found: they share it.</summary>
sealed class ProfileSearch([FromKeyedServices(ComponentNames.UserApi)] NpgsqlDataSource db)
{
    // Display names are JSON texts without U+0000, so that the cast cannot fail. Whole names first, then beginnings.
    const string Sql = """
        WITH person AS (
            SELECT a.user_id, split_part(substr(a.user_id, 2), ':', 1) AS localpart,
                   (SELECT convert_from(value, 'UTF8')::json #>> '{}' FROM users.profile_field f WHERE f.user_id = a.user_id AND name = 'displayname') AS display,
                   (SELECT convert_from(value, 'UTF8')::json #>> '{}' FROM users.profile_field f WHERE f.user_id = a.user_id AND name = 'avatar_url') AS avatar
            FROM users.account a WHERE a.deactivated_at IS NULL AND NOT a.locked)
        SELECT user_id, display, avatar FROM person
        WHERE position($1 IN lower(user_id)) > 0 OR position($1 IN lower(display)) > 0
        ORDER BY (localpart = $1 OR lower(display) = $1 OR user_id = $1) IS NOT TRUE,
                 (starts_with(localpart, $1) OR starts_with(lower(display), $1)) IS NOT TRUE, user_id
        LIMIT $2
        """;

    public async Task<FoundProfiles> Find(string term, int limit, CancellationToken cancel)
    {
        var rows = await db.Rows(Sql, Read, cancel, term.ToLowerInvariant().Replace("\0", "", StringComparison.Ordinal), (long)limit + 1);
        return new FoundProfiles { Results = [.. rows.Take(limit)], Limited = rows.Count > limit };
    }

    static FoundProfile Read(NpgsqlDataReader row) =>
        new() { UserId = UserId.Parse(row.GetString(0)), DisplayName = row.Maybe<string>(1), AvatarUrl = row.Maybe<string>(2) };
}
