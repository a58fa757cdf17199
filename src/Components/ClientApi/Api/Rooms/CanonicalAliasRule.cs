using System.Text.Json;
using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.ClientApi;

/// <summary>An alias in m.room.canonical_alias must point at the room (client-server API, PUT state: M_BAD_ALIAS).</summary>
static class CanonicalAliasRule
{
    /// <exception cref="RefusedException">400 M_INVALID_PARAM or M_BAD_ALIAS.</exception>
    public static async Task Check(RoomId room, RawJson content, ICalls calls, CancellationToken cancel)
    {
        foreach (var text in Named(content.Parse()))
        {
            if (!RoomAlias.TryParse(text, out var alias))
                throw MatrixError.InvalidParam($"'{text}' is not a room alias.").AsException();
            try
            {
                var target = await calls.Ask(new QueryRoomIdForAlias { Alias = alias }, cancel);
                if (target.RoomId != room)
                    throw BadAlias(alias, "points at another room");
            }
            catch (RefusedException refused) when (refused.Refusal.Status == 404)
            {
                throw BadAlias(alias, "points nowhere");
            }
        }
    }

    static IEnumerable<string?> Named(JsonElement content)
    {
        if (content.TryGetProperty("alias", out var alias) && alias.ValueKind == JsonValueKind.String && alias.GetString() is { Length: > 0 } name)
            yield return name;
        if (content.TryGetProperty("alt_aliases", out var others) && others.ValueKind == JsonValueKind.Array)
        {
            foreach (var other in others.EnumerateArray())
                yield return other.ValueKind == JsonValueKind.String ? other.GetString() : null;
        }
    }

    static RefusedException BadAlias(RoomAlias alias, string why) => new(400, "M_BAD_ALIAS", $"{alias} {why}.");
}
