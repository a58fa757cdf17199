using System.Globalization;
using System.Text.Json.Nodes;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.RoomServer;

/// <summary>Power levels of a room that replaces another.</summary>
/// <param name="AtFirst">Those it begins with: its creator may put all of the old room's state into it.</param>
/// <param name="InTheEnd">Those it is to have after that; null if the first are the last.</param>
sealed record UpgradedLevels(JsonObject AtFirst, JsonObject? InTheEnd)
{
    const string Tombstone = "m.room.tombstone";
    const long TombstoneOfCreators = 150;

    static readonly string[] Maps = ["users", "events", "notifications"];

    /// <summary>The old levels, so far as the new version can have them.</summary>
    /// <param name="old">The old room's power levels.</param>
    /// <param name="from">The old room's version.</param>
    /// <param name="to">The new room's version.</param>
    /// <param name="creation">The old room's creation: its creators may have had power without being named.</param>
    /// <param name="upgrader">Creates the new room.</param>
    /// <param name="additionalCreators">Create it too, if its version knows that.</param>
    public static UpgradedLevels Of(
        Pdu old, RoomVersion from, RoomVersion to, RoomCreation creation, UserId upgrader, IReadOnlyList<UserId> additionalCreators)
    {
        var content = (JsonObject)JsonNode.Parse(old.Content.GetRawText())!;
        foreach (var map in Maps.Where(map => content[map] is not JsonObject))
            content[map] = new JsonObject();
        if (to.IntegerPowerLevelsOnly)
            MakeIntegers(content);
        var (users, events) = ((JsonObject)content["users"]!, (JsonObject)content["events"]!);

        if (to.PrivilegedCreators)
        {
            // They stand above any number, and may not be given one.
            users.Remove(upgrader.Value);
            foreach (var creator in additionalCreators)
                users.Remove(creator.Value);
            events[Tombstone] = TombstoneOfCreators;
            return new UpgradedLevels(content, null);
        }
        if (from.PrivilegedCreators)
        {
            foreach (var creator in creation.Creators)
                users[creator] = 100;
            if (PowerLevels.Parse(from, old, creation).EventLevel(Tombstone, isState: true) > 100)
                events[Tombstone] = 100;
        }
        return WithEnoughPower(content, upgrader);
    }

    /// <summary>The creator is raised to what the room's first state takes, and set back after it.</summary>
    static UpgradedLevels WithEnoughPower(JsonObject content, UserId upgrader)
    {
        var users = (JsonObject)content["users"]!;
        var needed = ((JsonObject)content["events"]!).Select(level => level.Value)
            .Concat([content["state_default"], content["ban"], content["invite"]])
            .Select(Level).Append(100).Max();
        if (Level(users[upgrader.Value] ?? content["users_default"]) >= needed)
            return new UpgradedLevels(content, null);
        var first = (JsonObject)content.DeepClone();
        first["users"]![upgrader.Value] = needed;
        return new UpgradedLevels(first, content);
    }

    static long Level(JsonNode? node) => node switch
    {
        JsonValue number when number.TryGetValue<long>(out var level) => level,
        JsonValue text when text.TryGetValue<string>(out var written)
            && long.TryParse(written.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var level) => level,
        _ => 0,
    };

    /// <summary>Versions up to 9 took text that reads as an integer, and the first of them numbers with fractions.</summary>
    static void MakeIntegers(JsonObject levels)
    {
        foreach (var (key, value) in levels.ToList())
        {
            switch (value)
            {
                case JsonObject map:
                    MakeIntegers(map);
                    break;
                case JsonValue text when text.TryGetValue<string>(out var written):
                    if (long.TryParse(written.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var level))
                        levels[key] = level;
                    else
                        levels.Remove(key);
                    break;
                case JsonValue number when !number.TryGetValue<long>(out _) && number.TryGetValue<double>(out var fraction) && Math.Abs(fraction) < 1e15:
                    levels[key] = (long)fraction;
                    break;
            }
        }
    }
}
