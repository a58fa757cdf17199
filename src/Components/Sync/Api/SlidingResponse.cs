using System.Text.Json;
using Matrix.Bus.Protocol;
using Matrix.Bus.Sync.Domain;
using Matrix.Bus.Sync.Domain.Sliding;
using Matrix.Bus.Sync.Reading;
using Matrix.Bus.Sync.Reading.Sliding;

namespace Matrix.Bus.Sync.Api;

/// <summary>Writes an answer as the response of sliding sync: where the proposal and today's clients name things differently, both.</summary>
static class SlidingResponse
{
    public static void Write(Utf8JsonWriter writer, SlidingAnswer answer, SlidingPosition next, SlidingRequest request, long now)
    {
        var events = new EventWriter(request.UserId, request.DeviceId, now, withRoomId: false);
        writer.WriteStartObject();
        writer.WriteString("pos"u8, next.ToString());
        if (request.TransactionId is { } transaction)
            writer.WriteString("txn_id"u8, transaction);
        writer.WriteStartObject("lists"u8);
        foreach (var (name, count) in answer.Counts)
        {
            writer.WriteStartObject(name);
            writer.WriteNumber("count"u8, count);
            writer.WriteEndObject();
        }
        writer.WriteEndObject();
        writer.WriteStartObject("rooms"u8);
        foreach (var room in answer.Rooms)
        {
            writer.WriteStartObject(room.RoomId);
            if (room.IsStripped)
                WriteStripped(writer, room);
            else
                WriteRoom(writer, room, answer, events);
            WriteCommon(writer, room);
            writer.WriteEndObject();
        }
        writer.WriteEndObject();
        writer.WriteStartObject("extensions"u8);
        WriteExtensions(writer, answer, next, request);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    static void WriteCommon(Utf8JsonWriter writer, SlidingResult room)
    {
        if (room.IsInitial)
            writer.WriteBoolean("initial"u8, true);
        if (room.IsDirect)
            writer.WriteBoolean("is_dm"u8, true);
        if (room.Bump is { } bump)
            writer.WriteNumber("bump_stamp"u8, bump);
        writer.WriteString("membership"u8, room.Membership.Word());
        if (room.Covered.Lists.Count > 0)
        {
            writer.WriteStartArray("lists"u8);
            foreach (var list in room.Covered.Lists)
                writer.WriteStringValue(list);
            writer.WriteEndArray();
        }
    }

    static void WriteStripped(Utf8JsonWriter writer, SlidingResult room)
    {
        ReadOnlySpan<byte> stripped = room.Covered.Room.Stripped is { } state ? state : "[]"u8;
        writer.WritePropertyName("invite_state"u8);
        writer.WriteRawValue(stripped, skipInputValidation: true);
        writer.WritePropertyName("stripped_state"u8);
        writer.WriteRawValue(stripped, skipInputValidation: true);
        writer.WriteNumber("bump_stamp"u8, room.Covered.Room.Position);
    }

    static void WriteRoom(Utf8JsonWriter writer, SlidingResult room, SlidingAnswer answer, EventWriter events)
    {
        WriteText(writer, "name"u8, room.Name, "name"u8, room.IsInitial);
        WriteText(writer, "avatar"u8, room.Avatar, "url"u8, room.IsInitial);
        if (room.Summary is { } summary)
        {
            writer.WriteNumber("joined_count"u8, summary.Joined);
            writer.WriteNumber("invited_count"u8, summary.Invited);
            if (summary.Heroes is not null)
                WriteHeroes(writer, room);
        }
        if (room.IsExpanded)
        {
            writer.WriteBoolean("expanded_timeline"u8, true);
            writer.WriteBoolean("unstable_expanded_timeline"u8, true);
        }
        if (room.State.Count > 0 || room.IsInitial)
        {
            writer.WriteStartArray("required_state"u8);
            foreach (var state in room.State.Values)
                events.Write(writer, state);
            writer.WriteEndArray();
        }
        if (room.Timeline.Count > 0 || room.IsInitial)
        {
            writer.WriteStartArray("timeline"u8);
            foreach (var timeline in room.Timeline)
            {
                var membership = room.Visibility is not { } visibility ? Membership.Join
                    : visibility.MembershipAt(timeline.Position!.Value) is var at && at == Membership.None ? Membership.Leave : at;
                events.Write(writer, timeline, membership, answer.Bundles.GetValueOrDefault(timeline.EventId));
            }
            writer.WriteEndArray();
            writer.WriteString("prev_batch"u8, new SyncToken(room.PrevBatch).ToString());
            writer.WriteBoolean("limited"u8, room.Limited);
            writer.WriteNumber("num_live"u8, room.Live);
        }
        writer.WriteNumber("notification_count"u8, 0);
        writer.WriteNumber("highlight_count"u8, 0);
    }

    /// <summary>A member of a state event's content: its absence is told unless the client starts from nothing.</summary>
    static void WriteText(Utf8JsonWriter writer, ReadOnlySpan<byte> name, SyncEvent? state, ReadOnlySpan<byte> member, bool isInitial)
    {
        if (state is null)
            return;
        var text = JsonElement.Parse(state.Json).GetProperty("content"u8).TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        if (!string.IsNullOrEmpty(text))
            writer.WriteString(name, text);
        else if (!isInitial)
            writer.WriteNull(name);
    }

    static void WriteHeroes(Utf8JsonWriter writer, SlidingResult room)
    {
        var members = room.Heroes.ToDictionary(member => member.StateKey!);
        writer.WriteStartArray("heroes"u8);
        foreach (var hero in room.Summary!.Heroes!)
        {
            writer.WriteStartObject();
            writer.WriteString("user_id"u8, hero);
            var member = members.GetValueOrDefault(hero);
            WriteText(writer, "displayname"u8, member, "displayname"u8, isInitial: true);
            WriteText(writer, "avatar_url"u8, member, "avatar_url"u8, isInitial: true);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }

    static void WriteExtensions(Utf8JsonWriter writer, SlidingAnswer answer, SlidingPosition next, SlidingRequest request)
    {
        if (request.Extensions.Contains(SlidingExtensions.ToDevice))
        {
            writer.WriteStartObject("to_device"u8);
            writer.WriteString("next_batch"u8, new SyncToken(next.At).ToString());
            writer.WriteStartArray("events"u8);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }
        if (request.Extensions.Contains(SlidingExtensions.Encryption))
        {
            writer.WriteStartObject("e2ee"u8);
            writer.WriteStartObject("device_one_time_keys_count"u8);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }
        if (request.Extensions.Contains(SlidingExtensions.AccountData))
        {
            writer.WriteStartObject("account_data"u8);
            WriteItems(writer, "global"u8, answer.Extensions.AccountData);
            writer.WriteStartObject("rooms"u8);
            foreach (var (room, items) in answer.Extensions.RoomAccountData)
                WriteItems(writer, System.Text.Encoding.UTF8.GetBytes(room), items);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }
        WriteReceipts(writer, answer.Extensions.Receipts);
        WriteTyping(writer, answer.Extensions.Typing);
    }

    static void WriteItems(Utf8JsonWriter writer, ReadOnlySpan<byte> name, List<Item> items)
    {
        writer.WriteStartArray(name);
        foreach (var item in items)
            writer.WriteRawValue(item.Body, skipInputValidation: true);
        writer.WriteEndArray();
    }

    static void WriteReceipts(Utf8JsonWriter writer, Dictionary<string, List<Item>> rooms)
    {
        if (rooms.Count == 0)
            return;
        writer.WriteStartObject("receipts"u8);
        writer.WriteStartObject("rooms"u8);
        foreach (var (room, items) in rooms)
        {
            // One event for each room is all the form has room for: what does not fit into it is a second thread's receipt for the same event.
            writer.WritePropertyName(room);
            Ephemeral.WriteReceipts(writer, items.ConvertAll(item => JsonElement.Parse(item.Body)));
        }
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    static void WriteTyping(Utf8JsonWriter writer, Dictionary<string, IReadOnlyList<string>> rooms)
    {
        if (rooms.Count == 0)
            return;
        writer.WriteStartObject("typing"u8);
        writer.WriteStartObject("rooms"u8);
        foreach (var (room, users) in rooms)
        {
            writer.WriteStartObject(room);
            writer.WriteString("type"u8, "m.typing"u8);
            writer.WriteStartObject("content"u8);
            writer.WriteStartArray("user_ids"u8);
            foreach (var user in users)
                writer.WriteStringValue(user);
            writer.WriteEndArray();
            writer.WriteEndObject();
            writer.WriteEndObject();
        }
        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}
