using System.Runtime.InteropServices;
using System.Text.Json;
using Matrix.Bus.Sync.Domain;

namespace Matrix.Bus.Sync.Reading;

/// <summary>How the streams of items become ephemeral events.</summary>
/// <remarks>Typing keeps its content. A receipt keeps <c>{"event_id","type","user_id","data"}</c>: all of a room become one event.</remarks>
static class Ephemeral
{
    /// <summary>The event type of a stream.</summary>
    public static string TypeOf(ItemStream stream) => stream switch
    {
        ItemStream.Typing => "m.typing",
        ItemStream.Receipt => "m.receipt",
        _ => "",
    };

    /// <summary>Writes the events into an open array.</summary>
    public static void Write(Utf8JsonWriter writer, IReadOnlyList<Item> items)
    {
        foreach (var item in items)
        {
            if (item.Stream != ItemStream.Typing)
                continue;
            writer.WriteStartObject();
            writer.WriteString("type"u8, "m.typing"u8);
            writer.WritePropertyName("content"u8);
            writer.WriteRawValue(item.Body, skipInputValidation: true);
            writer.WriteEndObject();
        }

        var receipts = items.Where(item => item.Stream == ItemStream.Receipt).Select(item => JsonElement.Parse(item.Body)).ToList();
        // Almost always one event. But a user may have receipts for one event in several threads, and the form has room for one of
        // them: the next goes into another event.
        while (receipts.Count > 0)
            receipts = WriteReceipts(writer, receipts);
    }

    /// <summary>Writes one event; answers what did not fit, which is older.</summary>
    public static List<JsonElement> WriteReceipts(Utf8JsonWriter writer, List<JsonElement> receipts)
    {
        var left = new List<JsonElement>();
        writer.WriteStartObject();
        writer.WriteString("type"u8, "m.receipt"u8);
        writer.WriteStartObject("content"u8);
        foreach (var ofEvent in receipts.GroupBy(receipt => receipt.GetProperty("event_id"u8).GetString()!))
        {
            writer.WriteStartObject(ofEvent.Key);
            foreach (var ofType in ofEvent.GroupBy(receipt => receipt.GetProperty("type"u8).GetString()!))
            {
                writer.WriteStartObject(ofType.Key);
                foreach (var ofUser in ofType.GroupBy(receipt => receipt.GetProperty("user_id"u8).GetString()!))
                {
                    writer.WritePropertyName(ofUser.Key);
                    writer.WriteRawValue(JsonMarshal.GetRawUtf8Value(ofUser.Last().GetProperty("data"u8)), skipInputValidation: true);
                    left.AddRange(ofUser.SkipLast(1));
                }
                writer.WriteEndObject();
            }
            writer.WriteEndObject();
        }
        writer.WriteEndObject();
        writer.WriteEndObject();
        return left;
    }
}
