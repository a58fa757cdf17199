using System.Collections.Concurrent;
using System.Text.Json;
using Matrix.Bus.Protocol;
using Matrix.Bus.Sync.Domain;
using Matrix.Bus.Sync.Domain.Sliding;
using Npgsql;

namespace Matrix.Bus.Sync.Storage;

/// <summary>A room that a user has to do with.</summary>
/// <param name="RoomId">The room.</param>
/// <param name="Membership">What the user is to it.</param>
/// <param name="Position">Where that last changed.</param>
/// <param name="Stripped">The stripped state of an invite or knock.</param>
/// <param name="Sender">Who made it so, where known.</param>
/// <param name="LastPosition">Where anything last happened.</param>
sealed record SlidingRoom(string RoomId, Membership Membership, long Position, byte[]? Stripped, string? Sender, long LastPosition)
{
    /// <summary>Rooms are sorted by it; of a room that the user is not in, nothing later counts.</summary>
    public long Activity => Membership == Membership.Join ? LastPosition : Position;

    public bool IsPending => Membership is Membership.Invite or Membership.Knock;
}

/// <summary>The rooms of a user, and what lists may ask of them.</summary>
sealed class SlidingRooms([FromKeyedSyncDatabase] NpgsqlDataSource db)
{
    const int MaxKept = 100_000;

    const string RoomsSql = """
        SELECT s.position, m.room_id, m.membership, m.position, m.stripped, e.sender, coalesce(r.last_position, m.position)
        FROM sync.stream s
        LEFT JOIN sync.membership m ON m.user_id = $1 AND NOT m.forgotten
        LEFT JOIN sync.event e ON e.event_id = m.event_id
        LEFT JOIN sync.room r ON r.room_id = m.room_id
        """;

    const string TypesSql = """
        SELECT c.room_id, e.json FROM sync.current_state c JOIN sync.event e ON e.event_id = c.event_id
        WHERE c.room_id = ANY ($1) AND c.type = 'm.room.create' AND c.state_key = ''
        """;

    const string EncryptedSql = "SELECT room_id FROM sync.current_state WHERE room_id = ANY ($1) AND type = 'm.room.encryption' AND state_key = ''";

    const string ChildrenSql = """
        SELECT c.room_id, c.state_key, e.json FROM sync.current_state c JOIN sync.event e ON e.event_id = c.event_id
        WHERE c.room_id = ANY ($1) AND c.type = 'm.space.child'
        """;

    const string DataSql = "SELECT room_id, body FROM sync.item WHERE stream = 1 AND user_id = $1 AND key = $2";

    // A create event never changes.
    readonly ConcurrentDictionary<string, string?> _types = new();

    /// <summary>The newest position, and all rooms of a user that are not forgotten as of it.</summary>
    public async Task<(long Head, List<SlidingRoom> Rooms)> Of(UserId userId, CancellationToken cancel)
    {
        var rows = await Sql.Rows(db, RoomsSql, row => (Head: row.GetInt64(0), Room: row.IsDBNull(1) ? null : new SlidingRoom(
            row.GetString(1), (Membership)row.GetInt16(2), row.GetInt64(3), row.IsDBNull(4) ? null : row.GetFieldValue<byte[]>(4),
            row.IsDBNull(5) ? null : row.GetString(5), row.GetInt64(6))), cancel, userId.Value);
        return (rows[0].Head, [.. rows.Select(row => row.Room).OfType<SlidingRoom>()]);
    }

    /// <summary>The types of rooms that have one; of an invite, as its stripped state tells.</summary>
    public async Task<Dictionary<string, string>> Types(IReadOnlyCollection<SlidingRoom> rooms, CancellationToken cancel)
    {
        var found = new Dictionary<string, string>();
        var missing = new List<string>();
        foreach (var room in rooms)
        {
            if (room.IsPending && Stripped(room, "m.room.create") is { } create)
                Set(room.RoomId, TypeOf(create));
            else if (_types.TryGetValue(room.RoomId, out var type))
                Set(room.RoomId, type);
            else
                missing.Add(room.RoomId);
        }
        if (missing.Count == 0)
            return found;
        if (_types.Count > MaxKept)
            _types.Clear();
        foreach (var (roomId, json) in await Sql.Rows(db, TypesSql, row => (row.GetString(0), row.GetFieldValue<byte[]>(1)), cancel, (object)missing.ToArray()))
            Set(roomId, _types[roomId] = TypeOf(JsonElement.Parse(json).GetProperty("content"u8)));
        return found;

        void Set(string roomId, string? type)
        {
            if (type is not null)
                found[roomId] = type;
        }
    }

    /// <summary>Those of the rooms that are encrypted.</summary>
    public async Task<HashSet<string>> Encrypted(IReadOnlyCollection<SlidingRoom> rooms, CancellationToken cancel)
    {
        var found = (await Sql.Rows(db, EncryptedSql, row => row.GetString(0), cancel, (object)rooms.Where(room => !room.IsPending).Select(room => room.RoomId).ToArray())).ToHashSet();
        found.UnionWith(rooms.Where(room => room.IsPending && Stripped(room, "m.room.encryption") is not null).Select(room => room.RoomId));
        return found;
    }

    /// <summary>The rooms that are children of spaces.</summary>
    public async Task<HashSet<string>> Children(IReadOnlyCollection<string> spaces, CancellationToken cancel)
    {
        var rows = await Sql.Rows(db, ChildrenSql, row => (Child: row.GetString(1), Json: row.GetFieldValue<byte[]>(2)), cancel, (object)spaces.ToArray());
        // A child without via is none any more.
        return [.. rows.Where(row => JsonElement.Parse(row.Json).GetProperty("content"u8).TryGetProperty("via"u8, out var via) && via.ValueKind == JsonValueKind.Array)
            .Select(row => row.Child)];
    }

    /// <summary>The direct chats, by the user's own account data.</summary>
    public async Task<HashSet<string>> Direct(UserId userId, CancellationToken cancel)
    {
        var found = new HashSet<string>();
        foreach (var (_, content) in await Data(userId, "m.direct", cancel))
        {
            foreach (var user in content.EnumerateObject().Where(user => user.Value.ValueKind == JsonValueKind.Array))
                found.UnionWith(user.Value.EnumerateArray().Where(room => room.ValueKind == JsonValueKind.String).Select(room => room.GetString()!));
        }
        return found;
    }

    /// <summary>The tags of rooms.</summary>
    public async Task<Dictionary<string, HashSet<string>>> Tags(UserId userId, CancellationToken cancel)
    {
        var found = new Dictionary<string, HashSet<string>>();
        foreach (var (roomId, content) in await Data(userId, "m.tag", cancel))
        {
            if (content.TryGetProperty("tags"u8, out var tags) && tags.ValueKind == JsonValueKind.Object)
                found[roomId] = [.. tags.EnumerateObject().Select(tag => tag.Name)];
        }
        return found;
    }

    async Task<List<(string RoomId, JsonElement Content)>> Data(UserId userId, string type, CancellationToken cancel)
    {
        var rows = await Sql.Rows(db, DataSql, row => (row.GetString(0), JsonElement.Parse(row.GetFieldValue<byte[]>(1)).GetProperty("content"u8)), cancel, userId.Value, type);
        return rows.FindAll(row => row.Item2.ValueKind == JsonValueKind.Object);
    }

    static JsonElement? Stripped(SlidingRoom room, string type)
    {
        if (room.Stripped is null)
            return null;
        foreach (var element in JsonElement.Parse(room.Stripped).EnumerateArray())
        {
            if (element.GetProperty("type"u8).ValueEquals(type) && element.GetProperty("state_key"u8).ValueEquals(""))
                return element.GetProperty("content"u8);
        }
        return null;
    }

    static string? TypeOf(JsonElement content) => content.TryGetProperty("type"u8, out var type) && type.ValueKind == JsonValueKind.String ? type.GetString() : null;
}
