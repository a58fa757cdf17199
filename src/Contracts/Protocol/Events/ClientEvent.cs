using System.Text.Json;

namespace Matrix.Bus.Protocol;

/// <summary>Events as clients see them (client-server API, "Room event format"), without <c>unsigned</c>.</summary>
public static class ClientEvent
{
    /// <summary>Writes the members of the event into an object that is open, so that the caller can add <c>unsigned</c>.</summary>
    /// <param name="writer">Stands inside an object.</param>
    /// <param name="pdu">The event.</param>
    /// <param name="withRoomId">False in sync, where the room is the key above.</param>
    public static void WriteMembers(Utf8JsonWriter writer, Pdu pdu, bool withRoomId = true)
    {
        WriteContent(writer, pdu);
        writer.WriteString("event_id"u8, pdu.EventId.Value);
        writer.WriteNumber("origin_server_ts"u8, pdu.OriginServerTs);
        if (pdu.Redacts is { } redacts)
            writer.WriteString("redacts"u8, redacts.Value);
        if (withRoomId)
            writer.WriteString("room_id"u8, pdu.RoomId.Value);
        writer.WriteString("sender"u8, pdu.Sender.Value);
        if (pdu.StateKey is { } stateKey)
            writer.WriteString("state_key"u8, stateKey);
        writer.WriteString("type"u8, pdu.Type);
    }

    /// <summary>Writes the event as one object.</summary>
    public static void Write(Utf8JsonWriter writer, Pdu pdu, bool withRoomId = true)
    {
        writer.WriteStartObject();
        WriteMembers(writer, pdu, withRoomId);
        writer.WriteEndObject();
    }

    /// <summary>Writes the event as stripped state: type, state key, content and sender (invites, knocks, room summaries).</summary>
    public static void WriteStripped(Utf8JsonWriter writer, Pdu pdu)
    {
        writer.WriteStartObject();
        WriteContent(writer, pdu);
        writer.WriteString("sender"u8, pdu.Sender.Value);
        writer.WriteString("state_key"u8, pdu.StateKey ?? "");
        writer.WriteString("type"u8, pdu.Type);
        writer.WriteEndObject();
    }

    /// <summary>The event as JSON of its own.</summary>
    public static RawJson ToJson(Pdu pdu, bool withRoomId = true)
    {
        using var stream = new MemoryStream(pdu.Json.Length + 128);
        using (var writer = new Utf8JsonWriter(stream, Options))
            Write(writer, pdu, withRoomId);
        return new RawJson(stream.ToArray());
    }

    /// <summary>How events are written: no escapes but those that JSON needs, nothing validated twice.</summary>
    public static JsonWriterOptions Options { get; } = new()
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    // Clients look for redacts at the top level or in content depending on their age, whatever the room's version: they get both.
    static void WriteContent(Utf8JsonWriter writer, Pdu pdu)
    {
        writer.WritePropertyName("content"u8);
        if (pdu.Redacts is not { } redacts || pdu.Version.CreatorIsSender)
        {
            writer.WriteRawValue(System.Runtime.InteropServices.JsonMarshal.GetRawUtf8Value(pdu.Content), skipInputValidation: true);
            return;
        }
        writer.WriteStartObject();
        foreach (var member in pdu.Content.EnumerateObject())
        {
            if (!member.NameEquals("redacts"u8))
                member.WriteTo(writer);
        }
        writer.WriteString("redacts"u8, redacts.Value);
        writer.WriteEndObject();
    }
}
