using System.Text.Json;

namespace Matrix.Bus.Protocol;

/// <summary>
/// The power levels of a room, parsed once from its power levels event and create event. Immutable; reading never throws,
/// whatever the content: a value the version does not allow counts as absent.
/// </summary>
public sealed class PowerLevels
{
    /// <summary>The level of creators from room version 12 on: above every number.</summary>
    public const long Infinite = long.MaxValue;

    static readonly Dictionary<string, long> None = [];

    readonly RoomCreation? creation;
    readonly bool privilegedCreators;
    readonly Dictionary<string, long> users;
    readonly Dictionary<string, long> events;
    readonly Dictionary<string, long> notifications;

    readonly bool givesCreator100;

    PowerLevels(RoomVersion version, JsonElement content, Pdu? source, RoomCreation? creation)
    {
        this.creation = creation;
        givesCreator100 = content.ValueKind == JsonValueKind.Undefined && !version.PrivilegedCreators;
        Event = source;
        privilegedCreators = version.PrivilegedCreators;
        users = ReadMap(version, content, "users");
        events = ReadMap(version, content, "events");
        notifications = ReadMap(version, content, "notifications");
        UsersDefault = Level("users_default", 0);
        EventsDefault = Level("events_default", 0);
        StateDefault = Level("state_default", 50);
        Invite = Level("invite", 0);
        Kick = Level("kick", 50);
        Ban = Level("ban", 50);
        Redact = Level("redact", 50);

        long Level(string name, long otherwise) =>
            content.Member(name) is { } value && PowerLevelNumber.Read(version, value) is { } level ? level : otherwise;
    }

    /// <summary>The event they were read from; null where the room has none and the defaults hold.</summary>
    public Pdu? Event { get; }

    /// <summary>The level of users without an entry.</summary>
    public long UsersDefault { get; }

    /// <summary>What message events without an entry need.</summary>
    public long EventsDefault { get; }

    /// <summary>What state events without an entry need.</summary>
    public long StateDefault { get; }

    /// <summary>What inviting needs.</summary>
    public long Invite { get; }

    /// <summary>What kicking needs.</summary>
    public long Kick { get; }

    /// <summary>What banning needs.</summary>
    public long Ban { get; }

    /// <summary>What redacting another user's event needs.</summary>
    public long Redact { get; }

    /// <summary>The entries of <c>users</c>.</summary>
    public IReadOnlyDictionary<string, long> Users => users;

    /// <summary>The entries of <c>events</c>.</summary>
    public IReadOnlyDictionary<string, long> Events => events;

    /// <summary>The entries of <c>notifications</c>.</summary>
    public IReadOnlyDictionary<string, long> Notifications => notifications;

    /// <summary>Reads the levels of a room.</summary>
    /// <param name="version">The room's version.</param>
    /// <param name="powerLevels">The m.room.power_levels event of its state, if any: without one the creator has 100.</param>
    /// <param name="creation">The room's create event, which names the creators; null if it is not known.</param>
    public static PowerLevels Parse(RoomVersion version, Pdu? powerLevels, RoomCreation? creation) =>
        new(version, powerLevels?.Content ?? default, powerLevels, creation);

    /// <inheritdoc cref="Parse(RoomVersion, Pdu?, RoomCreation?)"/>
    public static PowerLevels Parse(RoomVersion version, Pdu? powerLevels, Pdu? create) =>
        Parse(version, powerLevels, create is null ? null : RoomCreation.Of(create));

    /// <summary>Reads levels that are not an event yet, for building one.</summary>
    public static PowerLevels Parse(RoomVersion version, JsonElement content, RoomCreation? creation) =>
        new(version, content, null, creation);

    /// <summary>The level of a user; <see cref="Infinite"/> for creators from version 12 on.</summary>
    public long UserLevel(UserId user) => UserLevel(user.Value);

    internal long UserLevel(string user)
    {
        if (privilegedCreators && creation is not null && creation.IsCreator(user))
            return Infinite;
        if (users.TryGetValue(user, out var level))
            return level;
        return givesCreator100 && creation?.Creator == user ? 100 : UsersDefault;
    }

    /// <summary>What sending an event of that type needs (membership and redacting others' events have their own rules).</summary>
    public long EventLevel(string type, bool isState) =>
        events.TryGetValue(type, out var level) ? level : isState ? StateDefault : EventsDefault;

    /// <summary>What triggering a notification such as <c>room</c> needs.</summary>
    public long NotificationLevel(string key) => notifications.TryGetValue(key, out var level) ? level : 50;

    /// <summary>The level one event gives one user, without parsing the rest of it.</summary>
    internal static long LevelOf(RoomVersion version, Pdu? powerLevels, RoomCreation? creation, string user)
    {
        if (version.PrivilegedCreators && creation is not null && creation.IsCreator(user))
            return Infinite;
        if (powerLevels is null)
            return !version.PrivilegedCreators && creation?.Creator == user ? 100 : 0;
        if (powerLevels.Content.Object("users") is { } users && users.Member(user) is { } entry && PowerLevelNumber.Read(version, entry) is { } level)
            return level;
        return powerLevels.Content.Member("users_default") is { } value && PowerLevelNumber.Read(version, value) is { } otherwise ? otherwise : 0;
    }

    static Dictionary<string, long> ReadMap(RoomVersion version, JsonElement content, string name)
    {
        if (content.Object(name) is not { } map)
            return None;
        var entries = new Dictionary<string, long>();
        foreach (var entry in map.EnumerateObject())
        {
            if (PowerLevelNumber.Read(version, entry.Value) is { } level && ContentReader.NameOf(entry) is { } key)
                entries[key] = level;
        }
        return entries;
    }
}
