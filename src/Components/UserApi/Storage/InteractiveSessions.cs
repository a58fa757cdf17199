using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Matrix.Bus.UserApi;

/// <summary>What a session of interactive authentication is bound to.</summary>
sealed record InteractiveScope(UserId? UserId, string Method, string Uri);

/// <summary>A session as stored.</summary>
sealed record InteractiveSession(string Id, InteractiveScope Scope, IReadOnlyList<string> Completed, string? RegistrationToken);

/// <summary>Sessions of interactive authentication.</summary>
sealed class InteractiveSessions([FromKeyedServices(ComponentNames.UserApi)] NpgsqlDataSource db, TimeProvider clock)
{
    static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(15);

    const string CreateSql = """
        WITH expired AS (DELETE FROM users.interactive_auth WHERE expires_at < $6)
        INSERT INTO users.interactive_auth (session, user_id, method, uri, completed, expires_at) VALUES ($1, $2, $3, $4, '{}', $5)
        """;

    const string FindSql = """
        SELECT session, user_id, method, uri, completed, registration_token FROM users.interactive_auth
        WHERE session = $1 AND expires_at >= $2
        """;

    // Two requests that complete the same stage at once: one of them finds it done.
    const string CompleteSql = """
        UPDATE users.interactive_auth SET completed = array_append(completed, $3), registration_token = COALESCE($4, registration_token)
        WHERE session = $1 AND completed = $2
        """;

    const string SpendSql = "DELETE FROM users.interactive_auth WHERE session = $1 AND completed = $2 AND expires_at >= $3";

    const string CountUseSql = "UPDATE users.registration_token SET completed = completed + 1 WHERE token = $1";

    public async Task<InteractiveSession> Create(InteractiveScope scope, CancellationToken cancel)
    {
        var id = SecretToken.Create();
        var now = clock.GetUtcNow();
        await db.Execute(CreateSql, cancel, id, scope.UserId?.Value, scope.Method, scope.Uri, now + Lifetime, now);
        return new InteractiveSession(id, scope, [], null);
    }

    /// <summary>A session that has not expired.</summary>
    public Task<InteractiveSession?> Find(string id, CancellationToken cancel) =>
        id.Contains('\0') ? Task.FromResult<InteractiveSession?>(null) : db.Row(FindSql, Read, cancel, id, clock.GetUtcNow());

    /// <summary>Notes a stage as done; false if the session moved on meanwhile.</summary>
    public async Task<bool> Complete(InteractiveSession session, string stage, string? registrationToken, CancellationToken cancel) =>
        await db.Execute(CompleteSql, cancel, session.Id, session.Completed.ToArray(), stage, registrationToken) == 1;

    /// <summary>Spends a session for the request it authorises; false if another request was first.</summary>
    public Task<bool> Spend(InteractiveSession session, CancellationToken cancel) => db.Transaction(
        async connection =>
        {
            if (await connection.Execute(SpendSql, cancel, session.Id, session.Completed.ToArray(), clock.GetUtcNow()) == 0)
                return false;
            if (session.RegistrationToken is { } token)
                await connection.Execute(CountUseSql, cancel, token);
            return true;
        },
        cancel);

    static InteractiveSession Read(NpgsqlDataReader row) => new(
        row.GetString(0),
        new InteractiveScope(row.Maybe<string>(1) is { } user ? UserId.Parse(user) : null, row.GetString(2), row.GetString(3)),
        row.GetFieldValue<string[]>(4),
        row.Maybe<string>(5));
}
