using System.Text.Json;

namespace Matrix.Bus.Sync.Domain;

/// <summary>The account data <c>m.ignored_user_list</c>: their invites and messages are not sent (client-server API, "Ignoring Users").</summary>
static class IgnoredUsers
{
    public const string Type = "m.ignored_user_list";

    /// <summary>The users in an account data event; none if it has another form.</summary>
    public static HashSet<string> Read(ReadOnlySpan<byte> json)
    {
        var ignored = new HashSet<string>();
        if (json.IsEmpty)
            return ignored;
        var root = JsonElement.Parse(json);
        if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty("content"u8, out var content) && content.ValueKind == JsonValueKind.Object
            && content.TryGetProperty("ignored_users"u8, out var users) && users.ValueKind == JsonValueKind.Object)
        {
            foreach (var user in users.EnumerateObject())
                ignored.Add(user.Name);
        }
        return ignored;
    }
}
