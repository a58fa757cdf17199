using Matrix.Bus.Protocol;
using Matrix.Bus.Sync.Domain;
using Npgsql;

namespace Matrix.Bus.Sync.Storage;

/// <summary>Single slots and the member list of one room's state at a position.</summary>
sealed class RoomSlots([FromKeyedSyncDatabase] NpgsqlDataSource db)
{
    const string OneSql = $"""
        SELECT {EventColumns.Sql}
        FROM (SELECT d.event_id FROM sync.state_delta d
            WHERE d.room_id = $1 AND d.type = $2 AND d.state_key = $3 AND d.position <= $4
            ORDER BY d.position DESC LIMIT 1) s
        JOIN sync.event e ON e.event_id = s.event_id {EventColumns.Join}
        """;

    // The newest list, wound back over what changed since.
    const string MembersSql = $"""
        WITH undone AS (
            SELECT DISTINCT ON (d.state_key) d.state_key, d.prev_event_id FROM sync.state_delta d
            WHERE d.room_id = $1 AND d.position > $2 AND d.type = 'm.room.member'
            ORDER BY d.state_key, d.position),
        stood AS (
            SELECT c.event_id FROM sync.current_state c
            WHERE c.room_id = $1 AND c.type = 'm.room.member' AND NOT EXISTS (SELECT 1 FROM undone u WHERE u.state_key = c.state_key)
            UNION ALL
            SELECT prev_event_id FROM undone WHERE prev_event_id IS NOT NULL)
        SELECT {EventColumns.Sql}
        FROM stood s JOIN sync.event e ON e.event_id = s.event_id {EventColumns.Join}
        WHERE ($3::smallint IS NULL AND $4::smallint IS NULL) OR e.value = $3 OR e.value <> $4
        """;

    const string JoinedRoomsSql = "SELECT room_id FROM sync.membership WHERE user_id = $1 AND membership = 2 ORDER BY room_id";

    /// <summary>What stood in a slot after a position.</summary>
    public async Task<SyncEvent?> One(string roomId, string type, string stateKey, long at, CancellationToken cancel)
    {
        var rows = await Sql.Rows(db, OneSql, row => EventColumns.Read(row), cancel, roomId, EventForm.Storable(type), EventForm.Storable(stateKey), at);
        return rows.FirstOrDefault();
    }

    /// <summary>The member events that stood after a position: of one membership, or of all but one; with both, of either kind.</summary>
    public Task<List<SyncEvent>> Members(string roomId, long at, Membership? only, Membership? allBut, CancellationToken cancel) =>
        Sql.Rows(db, MembersSql, row => EventColumns.Read(row), cancel, roomId, at, (short?)only, (short?)allBut);

    /// <summary>The rooms a user is in.</summary>
    public Task<List<string>> JoinedRooms(UserId userId, CancellationToken cancel) =>
        Sql.Rows(db, JoinedRoomsSql, row => row.GetString(0), cancel, userId.Value);
}
