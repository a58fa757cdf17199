using System.Text.Json;

namespace Matrix.Bus.Sync.Reading;

/// <summary>The fields of an event that a filter asks for (client-server API, "event_fields"): dotted paths, a backslash before a
/// dot that is part of a name. What a client cannot do without is always sent.</summary>
static class EventFields
{
    static readonly string[][] Always = [["event_id"], ["type"], ["sender"], ["origin_server_ts"], ["state_key"], ["room_id"]];

    /// <summary>Writes an event with those fields alone.</summary>
    public static void Write(Utf8JsonWriter writer, JsonElement json, IReadOnlyList<string> fields)
    {
        var paths = fields.Select(Split).Concat(Always).ToList();
        WriteObject(writer, json, paths, 0);
    }

    static void WriteObject(Utf8JsonWriter writer, JsonElement json, List<string[]> paths, int depth)
    {
        writer.WriteStartObject();
        foreach (var member in json.EnumerateObject())
        {
            var matching = paths.FindAll(path => path.Length > depth && path[depth] == member.Name);
            if (matching.Exists(path => path.Length == depth + 1))
            {
                member.WriteTo(writer);
            }
            else if (matching.Count > 0 && member.Value.ValueKind == JsonValueKind.Object)
            {
                writer.WritePropertyName(member.Name);
                WriteObject(writer, member.Value, matching, depth + 1);
            }
        }
        writer.WriteEndObject();
    }

    static string[] Split(string path)
    {
        var parts = new List<string>();
        var part = new System.Text.StringBuilder();
        for (var i = 0; i < path.Length; i++)
        {
            if (path[i] == '\\' && i + 1 < path.Length && path[i + 1] is '.' or '\\')
            {
                part.Append(path[++i]);
            }
            else if (path[i] == '.')
            {
                parts.Add(part.ToString());
                part.Clear();
            }
            else
            {
                part.Append(path[i]);
            }
        }
        parts.Add(part.ToString());
        return [.. parts];
    }
}
