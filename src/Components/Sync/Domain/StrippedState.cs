using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.Sync.Domain;

/// <summary>The stripped state beside an invite or knock, which may come from another server and be anything.</summary>
static class StrippedState
{
    /// <summary>The same as an array of well-formed stripped events, each with content, sender, state key and type alone.</summary>
    /// <param name="given">What came; whatever is no array gives an empty one, whatever in it is no event is left out.</param>
    /// <param name="member">The member event itself, added unless an event of its slot is there.</param>
    public static byte[] Clean(RawJson? given, SyncEvent? member)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using var writer = new Utf8JsonWriter(buffer, ClientEvent.Options);
        writer.WriteStartArray();
        var hasMember = false;
        if (given is { IsEmpty: false } json && json.Parse() is { ValueKind: JsonValueKind.Array } array)
        {
            foreach (var element in array.EnumerateArray())
                hasMember |= Write(writer, element) && member is not null && IsSlotOf(element, member);
        }
        if (member is not null && !hasMember)
            Write(writer, JsonElement.Parse(member.Json));
        writer.WriteEndArray();
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    static bool Write(Utf8JsonWriter writer, JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Object
            || !element.TryGetProperty("type"u8, out var type) || type.ValueKind != JsonValueKind.String
            || !element.TryGetProperty("state_key"u8, out var key) || key.ValueKind != JsonValueKind.String
            || !element.TryGetProperty("sender"u8, out var sender) || sender.ValueKind != JsonValueKind.String
            || !element.TryGetProperty("content"u8, out var content) || content.ValueKind != JsonValueKind.Object)
            return false;
        writer.WriteStartObject();
        writer.WritePropertyName("content"u8);
        writer.WriteRawValue(JsonMarshal.GetRawUtf8Value(content), skipInputValidation: true);
        writer.WriteString("sender"u8, sender.GetString());
        writer.WriteString("state_key"u8, key.GetString());
        writer.WriteString("type"u8, type.GetString());
        writer.WriteEndObject();
        return true;
    }

    static bool IsSlotOf(JsonElement element, SyncEvent member) =>
        element.GetProperty("type"u8).ValueEquals(member.Type) && element.GetProperty("state_key"u8).ValueEquals(member.StateKey);
}
