using System.Text.Json;
using System.Text.Json.Nodes;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Matrix.Bus.RoomServer;

/// <summary>Finds who lets somebody into a restricted room (client-server API, "Restricted rooms").</summary>
sealed class RestrictedJoins(RoomServerOptions options, [FromKeyedServices(ComponentNames.RoomServer)] NpgsqlDataSource db)
{
    /// <summary>The key of a member event that names who vouches.</summary>
    public const string AuthorisedVia = "join_authorised_via_users_server";

    // 2 is join.
    const string IsInSql = """
        SELECT EXISTS (SELECT FROM rooms.membership m JOIN rooms.room r USING (room_nid)
            WHERE m.user_id = $1 AND m.membership = 2 AND r.room_id = ANY($2))
        """;

    const string JoinedSql = "SELECT user_id FROM rooms.membership WHERE room_nid = $1 AND membership = 2 AND user_id = ANY($2)";

    const string AnyLocalSql = """
        SELECT user_id FROM rooms.membership WHERE room_nid = $1 AND membership = 2 AND right(user_id, length($2)) = $2 LIMIT 20
        """;

    /// <summary>The draft's content with its authoriser; null where none is needed, or none may be.</summary>
    public async Task<(UserId By, RawJson Content)?> Authorise(RoomHead head, Draft draft, CancellationToken cancel)
    {
        if (!head.Version.AllowsRestrictedJoins || head.JoinRule is not ("restricted" or "knock_restricted")
            || head.Member(draft.Sender.Value).Membership is Membership.Join or Membership.Invite or Membership.Ban)
            return null;
        if (ParseObject(draft.Content) is not { } content || !await IsIn(draft.Sender, AllowedRooms(head), cancel))
            return null;
        if (await Authoriser(head, cancel) is not { } by)
            return null;
        content[AuthorisedVia] = by.Value;
        return (by, new RawJson(JsonSerializer.SerializeToUtf8Bytes(content)));
    }

    static JsonObject? ParseObject(RawJson content)
    {
        try
        {
            return JsonNode.Parse(content.Utf8.Span) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    static string[] AllowedRooms(RoomHead head)
    {
        if (head.Get(StateSlot.JoinRules).Pdu is not { } rules || !rules.Content.TryGetProperty("allow"u8, out var allow) || allow.ValueKind != JsonValueKind.Array)
            return [];
        var rooms = new List<string>();
        foreach (var condition in allow.EnumerateArray())
        {
            if (condition.ValueKind == JsonValueKind.Object
                && condition.TryGetProperty("type"u8, out var type) && type.ValueKind == JsonValueKind.String && type.ValueEquals("m.room_membership"u8)
                && condition.TryGetProperty("room_id"u8, out var room) && room.ValueKind == JsonValueKind.String && room.GetString() is { } id)
                rooms.Add(id);
        }
        return [.. rooms];
    }

    async Task<bool> IsIn(UserId user, string[] rooms, CancellationToken cancel)
    {
        if (rooms.Length == 0)
            return false;
        await using var command = db.CreateCommand(IsInSql);
        command.Parameters.Add(Sql.Of(user.Value));
        command.Parameters.Add(Sql.Array(rooms));
        return (bool)(await command.ExecuteScalarAsync(cancel))!;
    }

    /// <summary>A joined user of this server who may invite: those with a level of their own first, then anybody if that is enough.</summary>
    async Task<UserId?> Authoriser(RoomHead head, CancellationToken cancel)
    {
        var levels = head.PowerLevels;
        bool MayInvite(string user) => UserId.TryParse(user, out var id) && id.Server == options.ServerName && levels.UserLevel(id) >= levels.Invite;
        string[] named = [.. levels.Users.Keys.Concat(head.Creation?.Creators ?? []).Distinct().Where(MayInvite)];

        await using var command = db.CreateCommand(JoinedSql);
        command.Parameters.Add(Sql.Of(head.Nid));
        command.Parameters.Add(Sql.Array(named));
        if (await First(command, MayInvite, cancel) is { } found)
            return found;
        if (levels.UsersDefault < levels.Invite)
            return null;
        await using var any = db.CreateCommand(AnyLocalSql);
        any.Parameters.Add(Sql.Of(head.Nid));
        any.Parameters.Add(Sql.Of($":{options.ServerName}"));
        return await First(any, MayInvite, cancel);
    }

    static async Task<UserId?> First(NpgsqlCommand command, Func<string, bool> mayInvite, CancellationToken cancel)
    {
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            if (mayInvite(reader.GetString(0)))
                return UserId.Parse(reader.GetString(0));
        }
        return null;
    }
}
