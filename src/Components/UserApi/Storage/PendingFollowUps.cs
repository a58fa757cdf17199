using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Matrix.Bus.UserApi;

/// <summary>What rooms do not show yet. Two hosts that do the same work do no harm: what is so already is not sent again.</summary>
sealed class PendingFollowUps([FromKeyedServices(ComponentNames.UserApi)] NpgsqlDataSource db)
{
    const string ChangesSql = "SELECT user_id, change FROM users.profile_propagation ORDER BY requested_at LIMIT 100";

    // A change made meanwhile has a higher number and stays.
    const string ShownSql = "DELETE FROM users.profile_propagation WHERE user_id = $1 AND change = $2";

    const string DeparturesSql = "SELECT user_id FROM users.departure ORDER BY requested_at LIMIT 100";

    const string DepartedSql = "DELETE FROM users.departure WHERE user_id = $1";

    public Task<List<(UserId User, long Change)>> ProfileChanges(CancellationToken cancel) =>
        db.Rows(ChangesSql, row => (UserId.Parse(row.GetString(0)), row.GetInt64(1)), cancel);

    public Task Shown(UserId user, long change, CancellationToken cancel) => db.Execute(ShownSql, cancel, user.Value, change);

    public Task<List<UserId>> Departures(CancellationToken cancel) => db.Rows(DeparturesSql, row => UserId.Parse(row.GetString(0)), cancel);

    public Task Departed(UserId user, CancellationToken cancel) => db.Execute(DepartedSql, cancel, user.Value);
}
