using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Protocol;
using Matrix.Bus.Sync.Domain;
using Npgsql;

namespace Matrix.Bus.Sync.Storage;

/// <summary>Reads what a viewer may read of a room.</summary>
sealed class RoomAccesses([FromKeyedSyncDatabase] NpgsqlDataSource db, CaughtUp caughtUp)
{
    // Read first: what the next statement finds beyond this position is left out.
    const string HeadSql = """
        SELECT s.position, coalesce(m.forgotten, false), i.body
        FROM sync.stream s
        LEFT JOIN sync.membership m ON m.room_id = $1 AND m.user_id = $2
        LEFT JOIN sync.item i ON i.stream = 1 AND i.room_id = '' AND i.user_id = $2 AND i.key = 'm.ignored_user_list'
        """;

    const string TurnsSql = """
        SELECT type, position, value FROM sync.state_delta
        WHERE room_id = $1 AND ((type = 'm.room.member' AND state_key = $2) OR (type = 'm.room.history_visibility' AND state_key = ''))
        ORDER BY position
        """;

    /// <summary>The access of a viewer as of now; what was acknowledged to anybody before is in it if <paramref name="fresh"/>.</summary>
    public async Task<RoomAccess> Of(RoomId roomId, UserId viewer, CancellationToken cancel, bool fresh = true)
    {
        if (fresh)
            await caughtUp.With(roomId, cancel);

        await using var batch = db.CreateBatch();
        batch.BatchCommands.Add(Sql.Command(HeadSql, roomId.Value, viewer.Value));
        batch.BatchCommands.Add(Sql.Command(TurnsSql, roomId.Value, viewer.Value));
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        var head = reader.GetInt64(0);
        var forgotten = reader.GetBoolean(1);
        var ignored = reader.IsDBNull(2) ? [] : IgnoredUsers.Read(reader.GetFieldValue<byte[]>(2));

        await reader.NextResultAsync(cancel);
        var visibility = new Visibility();
        var turns = new List<long>();
        while (await reader.ReadAsync(cancel))
        {
            var position = reader.GetInt64(1);
            if (position > head)
                break;
            var value = reader.GetInt16(2);
            if (reader.GetString(0) != EventTypes.Member)
                visibility.Add(position, value == 0 ? HistoryVisibility.Shared : (HistoryVisibility)value);
            else if (!forgotten)
                visibility.Add(position, value == 0 ? Membership.Leave : (Membership)value);
            else
                continue;
            turns.Add(position);
        }
        return new RoomAccess(roomId, viewer, head, visibility, turns, ignored);
    }

    /// <summary>The access of somebody who is or was in the room, or may look in.</summary>
    /// <exception cref="RefusedException">403 M_FORBIDDEN: a stranger, whether or not there is such a room.</exception>
    public async Task<(RoomAccess Access, long StateAt)> Enter(RoomId roomId, UserId viewer, CancellationToken cancel, bool fresh = true)
    {
        var access = await Of(roomId, viewer, cancel, fresh);
        return access.StateAt is { } at ? (access, at) : throw MatrixError.Forbidden("You are not in this room, and never were.").AsException();
    }
}
