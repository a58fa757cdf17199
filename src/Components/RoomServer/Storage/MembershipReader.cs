using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Matrix.Bus.RoomServer;

/// <summary>Who is what to which room, from the projection.</summary>
sealed class MembershipReader([FromKeyedServices(ComponentNames.RoomServer)] NpgsqlDataSource db)
{
    const string OneSql = """
        SELECT m.membership, e.event_id, m.forgotten
        FROM rooms.room r
            LEFT JOIN rooms.membership m ON m.room_nid = r.room_nid AND m.user_id = $2
            LEFT JOIN rooms.event e USING (event_nid)
        WHERE r.room_id = $1
        """;

    const string RoomSql = """
        SELECT m.user_id, m.membership, e.event_id
        FROM rooms.room r JOIN rooms.membership m USING (room_nid) JOIN rooms.event e USING (event_nid)
        WHERE r.room_id = $1 AND m.membership = ANY($2) ORDER BY m.user_id
        """;

    const string UserSql = """
        SELECT r.room_id, m.membership, e.event_id, m.forgotten
        FROM rooms.membership m JOIN rooms.room r USING (room_nid) JOIN rooms.event e USING (event_nid)
        WHERE m.user_id = $1 AND m.membership = ANY($2)
        """;

    // 2 is join.
    const string MutualSql = """
        SELECT r.room_id FROM rooms.membership a JOIN rooms.membership b USING (room_nid) JOIN rooms.room r USING (room_nid)
        WHERE a.user_id = $1 AND b.user_id = $2 AND a.membership = 2 AND b.membership = 2 ORDER BY r.room_id
        """;

    const string SharedSql = """
        SELECT DISTINCT b.user_id FROM rooms.membership a JOIN rooms.membership b USING (room_nid)
        WHERE a.user_id = $1 AND a.membership = 2 AND b.membership = 2 AND b.user_id <> $1 AND ($2::text[] IS NULL OR b.user_id = ANY($2))
        ORDER BY b.user_id
        """;

    static readonly short[] All = [.. Enum.GetValues<Membership>().Select(each => (short)each)];

    /// <summary>A user's membership of a room.</summary>
    public async Task<MembershipForUser> Of(RoomId room, UserId user, CancellationToken cancel)
    {
        await using var command = Command(OneSql, room.Value, Sql.Of(user.Value));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        if (!await reader.ReadAsync(cancel))
            return new MembershipForUser { Membership = "none" };
        return reader.IsDBNull(0)
            ? new MembershipForUser { Membership = "none", RoomKnown = true }
            : new MembershipForUser
            {
                Membership = Word(reader.GetInt16(0)),
                EventId = EventId.Parse(reader.GetString(1)),
                Forgotten = reader.GetBoolean(2),
                RoomKnown = true,
            };
    }

    /// <summary>The members of a room.</summary>
    public async Task<List<RoomMember>> Members(RoomId room, IReadOnlyList<string>? memberships, CancellationToken cancel)
    {
        await using var command = Command(RoomSql, room.Value, Sql.Array(Numbers(memberships)));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var members = new List<RoomMember>();
        while (await reader.ReadAsync(cancel))
            members.Add(new RoomMember { UserId = UserId.Parse(reader.GetString(0)), Membership = Word(reader.GetInt16(1)), EventId = EventId.Parse(reader.GetString(2)) });
        return members;
    }

    /// <summary>The rooms of a user.</summary>
    public async Task<List<RoomOfUser>> Rooms(UserId user, IReadOnlyList<string>? memberships, CancellationToken cancel)
    {
        await using var command = Command(UserSql, user.Value, Sql.Array(Numbers(memberships)));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var rooms = new List<RoomOfUser>();
        while (await reader.ReadAsync(cancel))
        {
            rooms.Add(new RoomOfUser
            {
                RoomId = RoomId.Parse(reader.GetString(0)),
                Membership = Word(reader.GetInt16(1)),
                EventId = EventId.Parse(reader.GetString(2)),
                Forgotten = reader.GetBoolean(3),
            });
        }
        return rooms;
    }

    /// <summary>The rooms that both are joined to.</summary>
    public async Task<List<RoomId>> Mutual(UserId user, UserId other, CancellationToken cancel)
    {
        await using var command = Command(MutualSql, user.Value, Sql.Of(other.Value));
        return (await Texts(command, cancel)).ConvertAll(RoomId.Parse);
    }

    /// <summary>Who is joined to a room that the user is joined to.</summary>
    public async Task<List<UserId>> Shared(UserId user, IReadOnlyList<UserId>? among, CancellationToken cancel)
    {
        var others = new NpgsqlParameter<string[]?>
        {
            TypedValue = among is null ? null : [.. among.Select(each => each.Value)],
            NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Array | NpgsqlTypes.NpgsqlDbType.Text,
        };
        await using var command = Command(SharedSql, user.Value, others);
        return (await Texts(command, cancel)).ConvertAll(UserId.Parse);
    }

    /// <summary>The word for a stored membership.</summary>
    public static string Word(short membership) => membership == 0 ? "none" : ((Membership)membership).Word();

    static short[] Numbers(IReadOnlyList<string>? words) =>
        words is null ? All : [.. Enum.GetValues<Membership>().Where(each => each != Membership.None && words.Contains(each.Word())).Select(each => (short)each)];

    NpgsqlCommand Command(string sql, string id, NpgsqlParameter second)
    {
        var command = db.CreateCommand(sql);
        command.Parameters.Add(Sql.Of(id));
        command.Parameters.Add(second);
        return command;
    }

    static async Task<List<string>> Texts(NpgsqlCommand command, CancellationToken cancel)
    {
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var texts = new List<string>();
        while (await reader.ReadAsync(cancel))
            texts.Add(reader.GetString(0));
        return texts;
    }
}
