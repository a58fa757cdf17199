using System.Text.Json;
using Matrix.Bus.Foundation;
using Matrix.Bus.Protocol;
using Matrix.Bus.Sync.Domain;
using Matrix.Bus.Sync.Reading;
using Matrix.Bus.Sync.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Matrix.Bus.Sync.Api;

/// <summary>GET /_matrix/client/v3/rooms/{roomId}/members; GET /_matrix/client/v3/rooms/{roomId}/joined_members;
/// GET /_matrix/client/v3/joined_rooms</summary>
sealed class MembersEndpoints(RoomAccesses accesses, RoomSlots slots, CaughtUp caughtUp, EventLists lists)
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapClientGet("rooms/{roomId}/members", (RoomId roomId, HttpContext http, Requester requester, MembersEndpoints endpoint, CancellationToken cancel) =>
            endpoint.Members(roomId, http, requester, cancel));
        routes.MapClientGet("rooms/{roomId}/joined_members",
            (RoomId roomId, HttpContext http, Requester requester, MembersEndpoints endpoint, CancellationToken cancel) =>
                endpoint.JoinedMembers(roomId, http, requester, cancel));
        routes.MapClientGet("joined_rooms", (Requester requester, MembersEndpoints endpoint, CancellationToken cancel) =>
            endpoint.JoinedRooms(requester, cancel));
    }

    async Task Members(RoomId roomId, HttpContext http, Requester requester, CancellationToken cancel)
    {
        var at = RoomQuery.Token(http, "at");
        var only = Kind(http, "membership");
        var allBut = Kind(http, "not_membership");
        var (_, latest) = await accesses.Enter(roomId, requester.UserId, cancel);
        var members = await slots.Members(roomId.Value, Math.Min(at ?? latest, latest), only, allBut, cancel);
        var events = lists.Writer(requester);
        await EventLists.Respond(http, writer =>
        {
            writer.WriteStartObject();
            EventLists.WriteState(writer, "chunk"u8, members, events);
            writer.WriteEndObject();
        }, cancel);
    }

    async Task JoinedMembers(RoomId roomId, HttpContext http, Requester requester, CancellationToken cancel)
    {
        var (access, at) = await accesses.Enter(roomId, requester.UserId, cancel);
        if (!access.IsJoined)
            throw MatrixError.Forbidden("You are not in this room.").AsException();
        var members = await slots.Members(roomId.Value, at, Membership.Join, null, cancel);
        await EventLists.Respond(http, writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartObject("joined"u8);
            foreach (var member in members)
            {
                var content = JsonElement.Parse(member.Json).GetProperty("content"u8);
                writer.WriteStartObject(member.StateKey!);
                Copy(writer, content, "displayname"u8, "display_name"u8);
                Copy(writer, content, "avatar_url"u8, "avatar_url"u8);
                writer.WriteEndObject();
            }
            writer.WriteEndObject();
            writer.WriteEndObject();
        }, cancel);
    }

    async Task<IResult> JoinedRooms(Requester requester, CancellationToken cancel)
    {
        await caughtUp.WithAllRooms(cancel);
        return Body.Json(new { joined_rooms = await slots.JoinedRooms(requester.UserId, cancel) });
    }

    static void Copy(Utf8JsonWriter writer, JsonElement content, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        if (content.TryGetProperty(from, out var text) && text.ValueKind == JsonValueKind.String)
            writer.WriteString(to, text.GetString());
    }

    static Membership? Kind(HttpContext http, string name) => http.Request.Query[name].ToString() switch
    {
        "" => null,
        "join" => Membership.Join,
        "invite" => Membership.Invite,
        "knock" => Membership.Knock,
        "leave" => Membership.Leave,
        "ban" => Membership.Ban,
        _ => throw MatrixError.InvalidParam($"{name} is none of join, invite, knock, leave, ban.").AsException(),
    };
}
