using System.Globalization;
using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.RoomServer;

/// <summary>Shows a room in the directory, or no longer.</summary>
sealed class PublishRoomHandler(PublishedRooms published, RoomReader rooms, RoomPower power) : ICallHandler<PublishRoom, Done>
{
    public async Task<Done> Handle(PublishRoom call, CancellationToken cancel)
    {
        if (await rooms.Version(call.RoomId, cancel) is null)
            throw Missing.Room();
        if (!await power.MaySend(call.RoomId, call.Sender, "m.room.canonical_alias", isState: true, cancel))
            throw new RefusedException(403, "M_FORBIDDEN", "Only who may change the room's canonical alias may change its place in the directory.");
        if (call.Published)
            await published.Publish(call.RoomId, call.Sender, cancel);
        else
            await published.Unpublish(call.RoomId, cancel);
        return Done.It;
    }
}

/// <summary>Tells whether the directory shows a room.</summary>
sealed class QueryRoomPublishedHandler(PublishedRooms published, RoomReader rooms) : ICallHandler<QueryRoomPublished, RoomPublished>
{
    public async Task<RoomPublished> Handle(QueryRoomPublished call, CancellationToken cancel)
    {
        if (await rooms.Version(call.RoomId, cancel) is null)
            throw new RefusedException(404, "M_NOT_FOUND", "This server does not know the room.");
        return new RoomPublished { Published = await published.IsPublished(call.RoomId, cancel) };
    }
}

/// <summary>Pages through the directory.</summary>
sealed class QueryPublishedRoomsHandler(PublishedRooms published, RoomSummaries summaries) : ICallHandler<QueryPublishedRooms, PublishedRoomsPage>
{
    const int MaxPage = 500;

    public async Task<PublishedRoomsPage> Handle(QueryPublishedRooms call, CancellationToken cancel)
    {
        var start = 0;
        if (call.Since is { } since && (!int.TryParse(since, NumberStyles.None, CultureInfo.InvariantCulture, out start) || start < 0))
            throw new RefusedException(400, "M_INVALID_PARAM", "since is no token of this list.");

        var rooms = new List<RoomSummary>();
        foreach (var room in await published.All(cancel))
        {
            if (await summaries.Of(room, cancel) is { } summary && Matches(summary, call))
                rooms.Add(summary);
        }
        rooms.Sort((a, b) => a.JoinedMembers != b.JoinedMembers ? b.JoinedMembers.CompareTo(a.JoinedMembers) : a.RoomId.CompareTo(b.RoomId));

        var size = Math.Min(call.Limit ?? MaxPage, MaxPage);
        // A token from nowhere may be as large as numbers get.
        start = Math.Min(start, rooms.Count);
        var next = start + size;
        return new PublishedRoomsPage
        {
            Rooms = [.. rooms.Skip(start).Take(size)],
            NextBatch = next < rooms.Count ? Token(next) : null,
            PrevBatch = start > 0 ? Token(Math.Max(0, start - size)) : null,
            Total = rooms.Count,
        };
    }

    static string Token(int start) => start.ToString(CultureInfo.InvariantCulture);

    static bool Matches(RoomSummary room, QueryPublishedRooms call)
    {
        if (call.RoomTypes is { } types && !types.Contains(room.RoomType))
            return false;
        return call.SearchTerm is not { Length: > 0 } term
            || Contains(room.Name, term) || Contains(room.Topic, term) || Contains(room.CanonicalAlias, term);
    }

    static bool Contains(string? text, string term) => text?.Contains(term, StringComparison.OrdinalIgnoreCase) == true;
}

/// <summary>Previews one room.</summary>
sealed class QueryRoomSummaryHandler(RoomSummaries summaries, RoomReader rooms) : ICallHandler<QueryRoomSummary, RoomPreview>
{
    public async Task<RoomPreview> Handle(QueryRoomSummary call, CancellationToken cancel)
    {
        var membership = call.Viewer is { } viewer ? await rooms.Membership(call.RoomId, viewer, cancel) : null;
        var summary = await summaries.Of(call.RoomId, cancel);
        if (summary is null || !await summaries.MayHear(summary, call.Viewer, membership, cancel))
            throw new RefusedException(404, "M_NOT_FOUND", "There is no such room, or it cannot be previewed.");
        return new RoomPreview { Summary = summary, Membership = membership };
    }
}
