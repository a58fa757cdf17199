using System.Text.Json;
using System.Text.Json.Nodes;

namespace Matrix.Bus.Foundation;

/// <summary>What a step changed in a saga's state.</summary>
static class StateChange
{
    /// <summary>The state as it is now.</summary>
    public static byte[] Snapshot<TSaga>(TSaga saga) => JsonSerializer.SerializeToUtf8Bytes(saga, BusJson.Options);

    /// <summary>A property whose value changed, with its values before and after; null if none did.</summary>
    public static string? Between(byte[] before, byte[] after)
    {
        if (before.AsSpan().SequenceEqual(after))
            return null;
        using var old = JsonDocument.Parse(before);
        using var current = JsonDocument.Parse(after);
        var changed = new JsonObject();
        foreach (var property in current.RootElement.EnumerateObject())
        {
            var had = old.RootElement.TryGetProperty(property.Name, out var was);
            if (!had || !JsonElement.DeepEquals(was, property.Value))
                changed[property.Name] = new JsonArray(had ? Node(was) : null, Node(property.Value));
        }
        foreach (var property in old.RootElement.EnumerateObject())
        {
            if (!current.RootElement.TryGetProperty(property.Name, out _))
                changed[property.Name] = new JsonArray(Node(property.Value), null);
        }
        // jsonb has no NUL; what the world sends may have.
        return changed.ToJsonString(BusJson.Options).Replace("\\u0000", "\\ufffd", StringComparison.Ordinal);
    }

    static JsonNode? Node(JsonElement element) => JsonSerializer.SerializeToNode(element);
}
