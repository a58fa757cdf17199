using System.Text.Json;

namespace Matrix.Bus.ClientApi;

/// <summary>Whom an <c>identifier</c> names (client-server API, "Identifier types").</summary>
static class UserIdentifier
{
    /// <summary>The user id or localpart; the legacy top-level <c>user</c> where there is no identifier; null for other kinds.</summary>
    public static string? Of(JsonElement? identifier, string? legacyUser) => identifier switch
    {
        null or { ValueKind: JsonValueKind.Null } => legacyUser,
        { ValueKind: JsonValueKind.Object } given when TextOf(given, "type") == "m.id.user" => TextOf(given, "user"),
        _ => null,
    };

    static string? TextOf(JsonElement given, string name) =>
        given.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
