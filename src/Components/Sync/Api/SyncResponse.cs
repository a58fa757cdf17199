using System.Text.Json;
using Matrix.Bus.Protocol;
using Matrix.Bus.Sync.Domain;
using Matrix.Bus.Sync.Reading;
using Matrix.Bus.Sync.Storage;

namespace Matrix.Bus.Sync.Api;

/// <summary>Writes an answer as the response of sync.</summary>
static class SyncResponse
{
    /// <summary>Writes it all.</summary>
    public static void Write(Utf8JsonWriter writer, SyncAnswer answer, IReadOnlyDictionary<string, Bundle> bundles, SyncRequest request, long now)
    {
        var events = new EventWriter(request.UserId, request.DeviceId, now, withRoomId: false, request.Filter.EventFields);
        writer.WriteStartObject();
        writer.WriteString("next_batch"u8, new SyncToken(answer.Next) { Typing = answer.Typing }.ToString());
        if (answer.AccountData.Count > 0)
        {
            writer.WriteStartObject("account_data"u8);
            WriteItems(writer, answer.AccountData);
            writer.WriteEndObject();
        }
        if (answer.Joined.Count + answer.Left.Count + answer.Invited.Count + answer.Knocked.Count > 0)
        {
            writer.WriteStartObject("rooms"u8);
            WriteRooms(writer, "join"u8, answer.Joined, bundles, request, events, isLeft: false);
            WriteStripped(writer, "invite"u8, "invite_state"u8, answer.Invited);
            WriteStripped(writer, "knock"u8, "knock_state"u8, answer.Knocked);
            WriteRooms(writer, "leave"u8, answer.Left, bundles, request, events, isLeft: true);
            writer.WriteEndObject();
        }
        writer.WriteStartObject("device_one_time_keys_count"u8);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    static void WriteRooms(Utf8JsonWriter writer, ReadOnlySpan<byte> name, List<RoomAnswer> rooms,
        IReadOnlyDictionary<string, Bundle> bundles, SyncRequest request, EventWriter events, bool isLeft)
    {
        if (rooms.Count == 0)
            return;
        writer.WriteStartObject(name);
        foreach (var room in rooms)
        {
            writer.WriteStartObject(room.RoomId);
            if (room.Summary is { } summary)
                WriteSummary(writer, summary);

            writer.WriteStartObject(request.UseStateAfter ? "state_after"u8 : "state"u8);
            writer.WriteStartArray("events"u8);
            foreach (var state in room.State)
                events.Write(writer, state);
            writer.WriteEndArray();
            writer.WriteEndObject();

            writer.WriteStartObject("timeline"u8);
            writer.WriteStartArray("events"u8);
            foreach (var timeline in room.Timeline)
            {
                var membership = room.Visibility is not { } visibility ? Membership.Join
                    : visibility.MembershipAt(timeline.Position!.Value) is var at && at == Membership.None ? Membership.Leave : at;
                events.Write(writer, timeline, membership, bundles.GetValueOrDefault(timeline.EventId));
            }
            writer.WriteEndArray();
            writer.WriteBoolean("limited"u8, room.Limited);
            writer.WriteString("prev_batch"u8, new SyncToken(room.PrevBatch).ToString());
            writer.WriteEndObject();

            if (!isLeft)
                WriteJoinedOnly(writer, room);
            writer.WriteEndObject();
        }
        writer.WriteEndObject();
    }

    static void WriteJoinedOnly(Utf8JsonWriter writer, RoomAnswer room)
    {
        writer.WriteStartObject("ephemeral"u8);
        writer.WriteStartArray("events"u8);
        Ephemeral.Write(writer, room.Ephemeral);
        writer.WriteEndArray();
        writer.WriteEndObject();

        writer.WriteStartObject("account_data"u8);
        WriteItems(writer, room.AccountData);
        writer.WriteEndObject();

        writer.WriteStartObject("unread_notifications"u8);
        writer.WriteNumber("highlight_count"u8, 0);
        writer.WriteNumber("notification_count"u8, 0);
        writer.WriteEndObject();
    }

    static void WriteSummary(Utf8JsonWriter writer, RoomSummary summary)
    {
        writer.WriteStartObject("summary"u8);
        if (summary.Heroes is { } heroes)
        {
            writer.WriteStartArray("m.heroes"u8);
            foreach (var hero in heroes)
                writer.WriteStringValue(hero);
            writer.WriteEndArray();
        }
        writer.WriteNumber("m.joined_member_count"u8, summary.Joined);
        writer.WriteNumber("m.invited_member_count"u8, summary.Invited);
        writer.WriteEndObject();
    }

    static void WriteStripped(Utf8JsonWriter writer, ReadOnlySpan<byte> name, ReadOnlySpan<byte> stateName, List<(string RoomId, byte[]? Stripped)> rooms)
    {
        if (rooms.Count == 0)
            return;
        writer.WriteStartObject(name);
        foreach (var (roomId, stripped) in rooms)
        {
            writer.WriteStartObject(roomId);
            writer.WriteStartObject(stateName);
            writer.WritePropertyName("events"u8);
            writer.WriteRawValue(stripped is null ? "[]"u8 : stripped, skipInputValidation: true);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }
        writer.WriteEndObject();
    }

    static void WriteItems(Utf8JsonWriter writer, List<Item> items)
    {
        writer.WriteStartArray("events"u8);
        foreach (var item in items)
            writer.WriteRawValue(item.Body, skipInputValidation: true);
        writer.WriteEndArray();
    }
}
