using Matrix.Bus.Foundation;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Matrix.Bus.ClientApi;

/// <summary>GET, POST /_matrix/client/v3/publicRooms; GET, PUT /_matrix/client/v3/directory/list/room/{roomId}</summary>
static class DirectoryEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        foreach (var version in (string[])["v3", "r0"])
        {
            routes.MapGet($"/_matrix/client/{version}/publicRooms", Get);
            routes.MapPost($"/_matrix/client/{version}/publicRooms", Post);
            routes.MapGet($"/_matrix/client/{version}/directory/list/room/{{roomId}}", GetVisibility);
            routes.MapPut($"/_matrix/client/{version}/directory/list/room/{{roomId}}", PutVisibility);
        }
    }

    /// <summary>Needs no account.</summary>
    static Task<IResult> Get(int? limit, string? since, string? server, ClientApiOptions options, ICalls calls, CancellationToken cancel) =>
        Page(new QueryPublishedRooms { Limit = limit, Since = since }, server, options, calls, cancel);

    static async Task<IResult> Post(
        string? server, Requester requester, HttpContext http, ClientApiOptions options, ICalls calls, CancellationToken cancel)
    {
        var body = await Body.Read<SearchBody>(http, cancel, optional: true);
        var query = new QueryPublishedRooms
        {
            Limit = body.Limit,
            Since = body.Since,
            SearchTerm = body.Filter?.GenericSearchTerm,
            RoomTypes = body.Filter?.RoomTypes,
        };
        return await Page(query, server, options, calls, cancel);
    }

    static async Task<IResult> Page(QueryPublishedRooms query, string? server, ClientApiOptions options, ICalls calls, CancellationToken cancel)
    {
        ServerName asked = options.ServerName;
        if (query.Limit is <= 0)
            return MatrixError.InvalidParam("limit is a positive number.");
        if (server is not null && !ServerName.TryParse(server, out asked))
            return MatrixError.InvalidParam($"'{server}' is not a server name.");
        if (asked != options.ServerName)
            return MatrixError.Of(404, "M_NOT_FOUND", $"{asked} cannot be asked for its rooms.");
        var page = await calls.Ask(query, cancel);
        return Body.Json(new
        {
            chunk = page.Rooms.Select(PublicRoom.Of),
            next_batch = page.NextBatch,
            prev_batch = page.PrevBatch,
            total_room_count_estimate = page.Total,
        });
    }

    static async Task<IResult> GetVisibility(RoomId roomId, ICalls calls, CancellationToken cancel)
    {
        var shown = await calls.Ask(new QueryRoomPublished { RoomId = roomId }, cancel);
        return Body.Json(new { visibility = shown.Published ? "public" : "private" });
    }

    static async Task<IResult> PutVisibility(RoomId roomId, Requester requester, HttpContext http, ICalls calls, CancellationToken cancel)
    {
        var body = await Body.Read<VisibilityBody>(http, cancel, optional: true);
        if (body.Visibility is not (null or "public" or "private"))
            return MatrixError.InvalidParam("visibility is 'public' or 'private'.");
        await calls.Ask(new PublishRoom { RoomId = roomId, Sender = requester.UserId, Published = body.Visibility != "private" }, cancel);
        return Body.Empty;
    }

    sealed record SearchBody(int? Limit, string? Since, SearchFilter? Filter);

    sealed record SearchFilter(string? GenericSearchTerm, IReadOnlyList<string?>? RoomTypes);

    sealed record VisibilityBody(string? Visibility);
}

/// <summary>A room as the directory, hierarchy and summary show it.</summary>
sealed record PublicRoom
{
    public required RoomId RoomId { get; init; }
    public string? CanonicalAlias { get; init; }
    public string? Name { get; init; }
    public string? Topic { get; init; }
    public string? AvatarUrl { get; init; }
    public required int NumJoinedMembers { get; init; }
    public required bool WorldReadable { get; init; }
    public required bool GuestCanJoin { get; init; }
    public string? JoinRule { get; init; }
    public string? RoomType { get; init; }
    public required string RoomVersion { get; init; }
    public string? Encryption { get; init; }
    public IReadOnlyList<RoomId>? AllowedRoomIds { get; init; }
    public string? Membership { get; init; }
    public IReadOnlyList<RawJson>? ChildrenState { get; init; }

    public static PublicRoom Of(RoomSummary summary) => new()
    {
        RoomId = summary.RoomId,
        CanonicalAlias = summary.CanonicalAlias,
        Name = summary.Name,
        Topic = summary.Topic,
        AvatarUrl = summary.AvatarUrl,
        NumJoinedMembers = summary.JoinedMembers,
        WorldReadable = summary.WorldReadable,
        GuestCanJoin = summary.GuestCanJoin,
        JoinRule = summary.JoinRule,
        RoomType = summary.RoomType,
        RoomVersion = summary.RoomVersion,
        Encryption = summary.Encryption,
        AllowedRoomIds = summary.AllowedRoomIds.Count > 0 ? summary.AllowedRoomIds : null,
    };
}
