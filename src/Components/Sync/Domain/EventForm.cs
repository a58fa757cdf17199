using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.Sync.Domain;

/// <summary>Brings a PDU of the log into the form that Sync keeps.</summary>
static class EventForm
{
    /// <summary>The event, without its place. Whatever is malformed inside the content is left alone: it was allowed into the room.</summary>
    /// <exception cref="FormatException">It is no event at all.</exception>
    public static SyncEvent Of(EventId eventId, RoomId roomId, RawJson pdu)
    {
        var root = pdu.Parse();
        var type = Text(root, "type"u8) ?? throw new FormatException("The event has no type.");
        var stateKey = Text(root, "state_key"u8);
        var sender = Text(root, "sender"u8) ?? throw new FormatException("The event has no sender.");
        var content = root.TryGetProperty("content"u8, out var found) && found.ValueKind == JsonValueKind.Object ? found : default;
        var sentAt = root.TryGetProperty("origin_server_ts"u8, out var ts) && ts.ValueKind == JsonValueKind.Number && ts.TryGetInt64(out var ms) ? ms : 0;
        var redacts = type == EventTypes.Redaction ? Text(root, "redacts"u8) ?? Text(content, "redacts"u8) : null;

        var buffer = new ArrayBufferWriter<byte>(pdu.Utf8.Length + 64);
        using (var writer = new Utf8JsonWriter(buffer, ClientEvent.Options))
        {
            writer.WriteStartObject();
            WriteContent(writer, content, redacts);
            writer.WriteString("event_id"u8, eventId.Value);
            writer.WriteNumber("origin_server_ts"u8, sentAt);
            if (redacts is not null)
                writer.WriteString("redacts"u8, redacts);
            writer.WriteString("sender"u8, sender);
            if (stateKey is not null)
                writer.WriteString("state_key"u8, stateKey);
            writer.WriteString("type"u8, type);
            writer.WriteEndObject();
        }

        return new SyncEvent
        {
            EventId = eventId.Value,
            RoomId = roomId.Value,
            Type = Storable(type),
            StateKey = stateKey is null ? null : Storable(stateKey),
            Sender = sender,
            SentAt = sentAt,
            Value = ValueOf(type, stateKey, content),
            HasUrl = content.ValueKind == JsonValueKind.Object && content.TryGetProperty("url"u8, out _),
            Json = buffer.WrittenSpan.ToArray(),
            Relates = RelationOf(content, stateKey),
        };
    }

    /// <summary>PostgreSQL's text has no U+0000; as a key of ours its picture stands for it, the JSON keeps the real one.</summary>
    public static string Storable(string text) => text.Contains('\0') ? text.Replace('\0', '\u2400') : text;

    /// <summary>The event with nothing in it.</summary>
    public static SyncEvent WithoutContent(SyncEvent it)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer, ClientEvent.Options))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("content"u8);
            writer.WriteEndObject();
            foreach (var member in JsonElement.Parse(it.Json).EnumerateObject())
            {
                if (!member.NameEquals("content"u8))
                    member.WriteTo(writer);
            }
            writer.WriteEndObject();
        }
        return it with { Json = buffer.WrittenSpan.ToArray(), HasUrl = false };
    }

    static short ValueOf(string type, string? stateKey, JsonElement content)
    {
        if (stateKey is null)
            return 0;
        return type switch
        {
            EventTypes.Member => (short)Memberships.Read(content),
            EventTypes.HistoryVisibility when stateKey.Length == 0 => (short)VisibilityOf(content),
            _ => 0,
        };
    }

    static HistoryVisibility VisibilityOf(JsonElement content) => Text(content, "history_visibility"u8) switch
    {
        "world_readable" => HistoryVisibility.WorldReadable,
        "invited" => HistoryVisibility.Invited,
        "joined" => HistoryVisibility.Joined,
        _ => HistoryVisibility.Shared,
    };

    static Relation? RelationOf(JsonElement content, string? stateKey)
    {
        if (content.ValueKind != JsonValueKind.Object || !content.TryGetProperty("m.relates_to"u8, out var relates))
            return null;
        var type = Text(relates, "rel_type"u8);
        var parent = Text(relates, "event_id"u8);
        // A state event edits or threads nothing (event replacements and threading say so).
        if (type is null or "" || parent is null || stateKey is not null || !EventId.TryParse(parent, out _) || type.Length > 255)
            return null;
        return new Relation(parent, Storable(type));
    }

    // Clients look for redacts at the top level or in content depending on their age: they get both.
    static void WriteContent(Utf8JsonWriter writer, JsonElement content, string? redacts)
    {
        writer.WritePropertyName("content"u8);
        if (content.ValueKind != JsonValueKind.Object)
        {
            writer.WriteStartObject();
            writer.WriteEndObject();
        }
        else if (redacts is null)
        {
            writer.WriteRawValue(JsonMarshal.GetRawUtf8Value(content), skipInputValidation: true);
        }
        else
        {
            writer.WriteStartObject();
            foreach (var member in content.EnumerateObject())
            {
                if (!member.NameEquals("redacts"u8))
                    member.WriteTo(writer);
            }
            writer.WriteString("redacts"u8, redacts);
            writer.WriteEndObject();
        }
    }

    static string? Text(JsonElement element, ReadOnlySpan<byte> name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
