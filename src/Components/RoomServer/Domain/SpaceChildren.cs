using System.Text.Json;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.RoomServer;

/// <summary>The children of a space in the order that the spec gives them (client-server API, "Ordering of children within a space").</summary>
static class SpaceChildren
{
    public const string Type = "m.space.child";

    /// <summary>Valid children: by <c>order</c> (1 to 50 printable ASCII), then those without; ties by time, then room id.</summary>
    public static List<(RoomId Room, Pdu Event)> Of(IEnumerable<Pdu> state, bool suggestedOnly)
    {
        var children = new List<(RoomId Room, Pdu Event)>();
        foreach (var pdu in state)
        {
            if (pdu.Type == Type && RoomId.TryParse(pdu.StateKey, out var room) && HasVia(pdu.Content) && (!suggestedOnly || IsSuggested(pdu.Content)))
                children.Add((room, pdu));
        }
        children.Sort((a, b) => Compare(a.Event, b.Event));
        return children;
    }

    static int Compare(Pdu a, Pdu b)
    {
        var (first, second) = (Order(a.Content), Order(b.Content));
        var by = (first, second) switch
        {
            (not null, null) => -1,
            (null, not null) => 1,
            _ => string.CompareOrdinal(first, second),
        };
        if (by == 0)
            by = a.OriginServerTs.CompareTo(b.OriginServerTs);
        return by != 0 ? by : string.CompareOrdinal(a.StateKey, b.StateKey);
    }

    static bool HasVia(JsonElement content) =>
        content.TryGetProperty("via", out var via) && via.ValueKind == JsonValueKind.Array && via.GetArrayLength() > 0;

    static bool IsSuggested(JsonElement content) =>
        content.TryGetProperty("suggested", out var suggested) && suggested.ValueKind == JsonValueKind.True;

    static string? Order(JsonElement content) =>
        content.TryGetProperty("order", out var order) && order.ValueKind == JsonValueKind.String
        && order.GetString() is { Length: > 0 and <= 50 } text && text.All(c => c is >= '\x20' and <= '\x7e')
            ? text
            : null;
}
