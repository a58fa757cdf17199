using System.Text.Json;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.RoomServer;

/// <summary>What a room's state says of it to somebody outside, and whether they may hear it.</summary>
static class RoomDescription
{
    /// <summary>The slots that the summary reads.</summary>
    public static IReadOnlyList<StateSlot> Slots { get; } =
    [
        StateSlot.Create,
        StateSlot.JoinRules,
        new("m.room.canonical_alias", ""),
        new("m.room.name", ""),
        new("m.room.topic", ""),
        new("m.room.avatar", ""),
        new("m.room.history_visibility", ""),
        new("m.room.guest_access", ""),
        new("m.room.encryption", ""),
    ];

    public static RoomSummary Summarise(RoomId room, RoomVersion version, IReadOnlyDictionary<StateSlot, Pdu> state, int joined) => new()
    {
        RoomId = room,
        CanonicalAlias = Text(state, "m.room.canonical_alias", "alias"),
        Name = Text(state, "m.room.name", "name"),
        Topic = Text(state, "m.room.topic", "topic"),
        AvatarUrl = Text(state, "m.room.avatar", "url"),
        JoinedMembers = joined,
        WorldReadable = Text(state, "m.room.history_visibility", "history_visibility") == "world_readable",
        GuestCanJoin = Text(state, "m.room.guest_access", "guest_access") == "can_join",
        JoinRule = Text(state, EventTypes.JoinRules, "join_rule") ?? "invite",
        RoomType = Text(state, EventTypes.Create, "type"),
        RoomVersion = version.Id,
        Encryption = Text(state, "m.room.encryption", "algorithm"),
        AllowedRoomIds = AllowedRooms(state),
    };

    /// <summary>Anyone may hear of a room that anyone may join, knock on or read; members and invitees of any other; members of an
    /// allowed room of a restricted one (client-server API, "Room previews" and hierarchy).</summary>
    public static bool MayHear(RoomSummary summary, string? membership, Func<RoomId, bool> isIn) =>
        summary.JoinRule is "public" or "knock" or "knock_restricted"
        || summary.WorldReadable
        || membership is "join" or "invite" or "knock"
        || (summary.JoinRule == "restricted" && summary.AllowedRoomIds.Any(isIn));

    static List<RoomId> AllowedRooms(IReadOnlyDictionary<StateSlot, Pdu> state)
    {
        var rooms = new List<RoomId>();
        if (Text(state, EventTypes.JoinRules, "join_rule") is not ("restricted" or "knock_restricted")
            || !state.TryGetValue(StateSlot.JoinRules, out var rules)
            || !rules.Content.TryGetProperty("allow", out var allow) || allow.ValueKind != JsonValueKind.Array)
            return rooms;
        foreach (var condition in allow.EnumerateArray())
        {
            if (condition.ValueKind == JsonValueKind.Object
                && condition.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String && type.ValueEquals("m.room_membership"u8)
                && condition.TryGetProperty("room_id", out var id) && id.ValueKind == JsonValueKind.String && RoomId.TryParse(id.GetString(), out var room))
                rooms.Add(room);
        }
        return rooms;
    }

    static string? Text(IReadOnlyDictionary<StateSlot, Pdu> state, string type, string key) =>
        state.TryGetValue(new StateSlot(type, ""), out var pdu)
        && pdu.Content.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text
            ? text
            : null;
}
