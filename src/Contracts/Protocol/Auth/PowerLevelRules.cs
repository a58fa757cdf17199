using System.Text.Json;

namespace Matrix.Bus.Protocol;

/// <summary>Rule 10 (9 in versions 6 to 11): changes of power levels.</summary>
static class PowerLevelRules
{
    static readonly string[] Properties = ["users_default", "events_default", "state_default", "ban", "redact", "kick", "invite"];

    public static AuthRule Refusal(Pdu pdu, RoomCreation creation, PowerLevels current, long level)
    {
        var version = pdu.Version;
        var content = pdu.Content;
        if (version.IntegerPowerLevelsOnly)
        {
            foreach (var name in Properties)
            {
                if (content.Member(name) is { } value && PowerLevelNumber.Read(version, value) is null)
                    return AuthRule.LevelNotInteger;
            }
            if (!IsMapOfIntegers(version, content, "events") || !IsMapOfIntegers(version, content, "notifications"))
                return AuthRule.LevelMapNotInteger;
        }
        if (!IsMapOfUsers(version, content))
            return AuthRule.LevelUsersMalformed;

        var next = PowerLevels.Parse(version, content, creation);
        if (version.PrivilegedCreators && creation.Creators.Any(next.Users.ContainsKey))
            return AuthRule.LevelUsersNameCreator;
        if (current.Event is not { } before)
            return AuthRule.None;

        foreach (var name in Properties)
        {
            var was = Level(version, before.Content, name);
            var becomes = Level(version, content, name);
            if (was != becomes && (was > level || becomes > level))
                return AuthRule.LevelChange;
        }
        return MapRefusal(current.Events, next.Events, level)
            ?? (version.LimitsNotificationsPowerLevels ? MapRefusal(current.Notifications, next.Notifications, level) : null)
            ?? UsersRefusal(current.Users, next.Users, level, pdu.Sender.Value)
            ?? AuthRule.None;
    }

    static AuthRule? MapRefusal(IReadOnlyDictionary<string, long> current, IReadOnlyDictionary<string, long> next, long level)
    {
        foreach (var (key, was) in current)
        {
            if (was > level && !(next.TryGetValue(key, out var becomes) && becomes == was))
                return AuthRule.LevelMapOld;
        }
        foreach (var (key, becomes) in next)
        {
            if (becomes > level && !(current.TryGetValue(key, out var was) && was == becomes))
                return AuthRule.LevelMapNew;
        }
        return null;
    }

    static AuthRule? UsersRefusal(IReadOnlyDictionary<string, long> current, IReadOnlyDictionary<string, long> next, long level, string sender)
    {
        foreach (var (user, was) in current)
        {
            if (was >= level && user != sender && !(next.TryGetValue(user, out var becomes) && becomes == was))
                return AuthRule.LevelUserOld;
        }
        foreach (var (user, becomes) in next)
        {
            if (becomes > level && !(current.TryGetValue(user, out var was) && was == becomes))
                return AuthRule.LevelUserNew;
        }
        return null;
    }

    static long? Level(RoomVersion version, JsonElement content, string name) =>
        content.Member(name) is { } value ? PowerLevelNumber.Read(version, value) : null;

    static bool IsMapOfIntegers(RoomVersion version, JsonElement content, string name)
    {
        if (content.Member(name) is not { } map)
            return true;
        if (map.ValueKind != JsonValueKind.Object)
            return false;
        foreach (var entry in map.EnumerateObject())
        {
            if (PowerLevelNumber.Read(version, entry.Value) is null)
                return false;
        }
        return true;
    }

    static bool IsMapOfUsers(RoomVersion version, JsonElement content)
    {
        if (!IsMapOfIntegers(version, content, "users"))
            return false;
        if (content.Object("users") is not { } users)
            return true;
        foreach (var entry in users.EnumerateObject())
        {
            if (!UserId.TryParse(ContentReader.NameOf(entry), out _))
                return false;
        }
        return true;
    }
}
