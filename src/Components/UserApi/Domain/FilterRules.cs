using System.Text.Json;
using Matrix.Bus.Messages;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.UserApi;

/// <summary>What a filter must look like (client-server API, "Filtering"); members that the spec does not know are let be.</summary>
static class FilterRules
{
    const int MaxEntries = 1000;

    static readonly string[] RoomParts = ["state", "timeline", "ephemeral", "account_data"];

    /// <exception cref="RefusedException">M_BAD_JSON, naming what is wrong.</exception>
    public static void Check(JsonElement filter)
    {
        Strings(filter, "event_fields", _ => true);
        if (filter.TryGetProperty("event_format", out var format) && !(format.ValueKind == JsonValueKind.String && format.GetString() is "client" or "federation"))
            throw Bad("event_format is 'client' or 'federation'");
        Part(filter, "presence");
        Part(filter, "account_data");
        if (Object(filter, "room") is not { } room)
            return;
        Rooms(room);
        Bool(room, "include_leave");
        foreach (var part in RoomParts)
            Part(room, part);
    }

    static void Part(JsonElement parent, string name)
    {
        if (Object(parent, name) is not { } part)
            return;
        if (part.TryGetProperty("limit", out var limit) && !(limit.ValueKind == JsonValueKind.Number && limit.TryGetInt64(out var number) && number >= 0))
            throw Bad($"limit in {name} is a number from 0");
        Strings(part, "types", _ => true);
        Strings(part, "not_types", _ => true);
        Strings(part, "senders", text => UserId.TryParse(text, out _));
        Strings(part, "not_senders", text => UserId.TryParse(text, out _));
        Rooms(part);
        foreach (var flag in new[] { "lazy_load_members", "include_redundant_members", "unread_thread_notifications", "contains_url" })
            Bool(part, flag);
    }

    static void Rooms(JsonElement part)
    {
        Strings(part, "rooms", text => RoomId.TryParse(text, out _));
        Strings(part, "not_rooms", text => RoomId.TryParse(text, out _));
    }

    static JsonElement? Object(JsonElement parent, string name) =>
        !parent.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null ? null
        : value.ValueKind == JsonValueKind.Object ? value
        : throw Bad($"{name} is an object");

    static void Bool(JsonElement parent, string name)
    {
        if (parent.TryGetProperty(name, out var value) && value.ValueKind is not (JsonValueKind.True or JsonValueKind.False or JsonValueKind.Null))
            throw Bad($"{name} is true or false");
    }

    static void Strings(JsonElement parent, string name, Func<string, bool> valid)
    {
        if (!parent.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
            return;
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > MaxEntries)
            throw Bad($"{name} is a list of at most {MaxEntries} texts");
        foreach (var item in value.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.String || !valid(item.GetString()!))
                throw Bad($"an entry of {name} is not valid");
        }
    }

    static RefusedException Bad(string why) => new(400, "M_BAD_JSON", $"The filter is malformed: {why}.");
}
