using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Users;
using Matrix.Bus.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Matrix.Bus.UserApi;

/// <summary>Account data and the log that tells of it.</summary>
sealed class UserData([FromKeyedServices(ComponentNames.UserApi)] NpgsqlDataSource db, LogTable<OutputClientData> log)
{
    // A user's changes take turns, so that the log has them in the order in which they stand.
    const string LockSql = "SELECT true FROM users.account WHERE user_id = $1 FOR NO KEY UPDATE";

    const string FindSql = "SELECT content FROM users.account_data WHERE user_id = $1 AND room_id = $2 AND type = $3";

    const string SaveSql = """
        INSERT INTO users.account_data (user_id, room_id, type, content) VALUES ($1, $2, $3, $4)
        ON CONFLICT (user_id, room_id, type) DO UPDATE SET content = $4
        """;

    /// <summary>The content; null if it was never set.</summary>
    public async Task<RawJson?> Find(UserId user, RoomId? room, string type, CancellationToken cancel) =>
        type.Contains('\0') ? null : Json(await db.Row(FindSql, row => row.GetFieldValue<byte[]>(0), cancel, user.Value, RoomOf(room), type));

    /// <summary>Replaces the content by what <paramref name="change"/> makes of it; null leaves it alone.</summary>
    /// <exception cref="RefusedException">M_NOT_FOUND if there is no such account.</exception>
    public Task Change(UserId user, RoomId? room, string type, Func<RawJson?, RawJson?> change, CancellationToken cancel) => log.Write(
        async connection =>
        {
            if (!await connection.Row(LockSql, row => row.GetBoolean(0), cancel, user.Value))
                throw new RefusedException(404, "M_NOT_FOUND", $"There is no account {user}.");
            var now = Json(await connection.Row(FindSql, row => row.GetFieldValue<byte[]>(0), cancel, user.Value, RoomOf(room), type));
            if (change(now) is not { } next)
                return [];
            await connection.Execute(SaveSql, cancel, user.Value, RoomOf(room), type, next.Utf8.ToArray());
            return [new OutputClientData { UserId = user, RoomId = room, Type = type, Content = next }];
        },
        cancel);

    static RawJson? Json(byte[]? content) => content is null ? null : new RawJson(content);

    static string RoomOf(RoomId? room) => room?.Value ?? "";
}
