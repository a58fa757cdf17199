using System.Text.Json;

namespace Matrix.Bus.Protocol;

/// <summary>Reads members of content that may be anything: what is missing or of another type is null, and nothing throws.</summary>
static class ContentReader
{
    public static JsonElement? Member(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) ? value : null;

    public static string? Text(this JsonElement element, string name) =>
        element.Member(name) is { ValueKind: JsonValueKind.String } value ? TextOf(value) : null;

    public static JsonElement? Object(this JsonElement element, string name) =>
        element.Member(name) is { ValueKind: JsonValueKind.Object } value ? value : null;

    /// <summary>A lone surrogate written as an escape is a valid token and no valid string.</summary>
    public static string? TextOf(JsonElement value)
    {
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>The property's name, or null where its escapes make no valid string.</summary>
    public static string? NameOf(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    public static ReadOnlySpan<char> DomainOf(string id) => id.IndexOf(':') is >= 0 and var colon ? id.AsSpan(colon + 1) : default;
}
