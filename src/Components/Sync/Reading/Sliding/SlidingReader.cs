using Matrix.Bus.Protocol;
using Matrix.Bus.Sync.Domain;
using Matrix.Bus.Sync.Domain.Sliding;
using Matrix.Bus.Sync.Storage;

namespace Matrix.Bus.Sync.Reading.Sliding;

/// <summary>Answers one look of a sliding sync: covers the rooms, tells what is new in each, and notes what the client then knows.</summary>
sealed class SlidingReader(SlidingLists lists, Histories histories, SlidingContent content, SlidingExtensions extensions, Bundles bundles)
{
    /// <summary>What is new since a position; everything for a client that has none.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="since">The position that the client comes with.</param>
    /// <param name="connection">What the client was told by then; changed to what it is told now.</param>
    /// <param name="ignored">Whose messages and invites the user does not want.</param>
    /// <param name="cancel">Cancels.</param>
    public async Task<SlidingAnswer> Read(SlidingRequest request, long? since, Connection connection, IReadOnlySet<string> ignored, CancellationToken cancel)
    {
        var coverage = await lists.Cover(request, connection, ignored, cancel);
        var answer = new SlidingAnswer(coverage.Head) { Counts = coverage.Counts };

        var candidates = coverage.Rooms.Where(room => MayHaveNews(room, since, connection)).ToList();
        var results = await Plan(candidates, request, since, connection, coverage.Head, cancel);
        foreach (var result in results)
            result.IsDirect = coverage.Direct.Contains(result.RoomId);
        await content.Fill([.. results.Where(result => !result.IsStripped)], request, since, ignored, cancel);
        answer.Rooms.AddRange(results.Where(result => result.HasNews));

        answer.Extensions = await extensions.Read(request, since, connection, coverage, answer.Rooms, ignored, cancel);
        answer.Bundles = await bundles.Of(
            answer.Rooms.Where(room => room.Timeline.Count > 0).Select(room => new RoomAnswer(room.RoomId)
            {
                Timeline = room.Timeline,
                Visibility = room.Visibility,
                RelationsUpTo = room.UpTo,
            }),
            request.UserId, ignored, cancel);

        Note(connection, request, since, coverage, results);
        return answer;
    }

    static long? ToldUpTo(string roomId, long? since, Connection connection) =>
        since is { } position && connection.Rooms.TryGetValue(roomId, out var sent) ? sent.UpTo ?? position : null;

    static bool MayHaveNews(CoveredRoom room, long? since, Connection connection)
    {
        if (ToldUpTo(room.RoomId, since, connection) is not { } told)
            return true;
        var sent = connection.Rooms[room.RoomId];
        return room.Room.Activity > told || room.Room.Position > told
            || (room.Room.Membership == Membership.Join && (room.Config.TimelineLimit > sent.Limit || connection.Configs[sent.Config] != RequiredStateForm.Text(room.Config.States)));
    }

    /// <summary>From where to where each room is told.</summary>
    async Task<List<SlidingResult>> Plan(List<CoveredRoom> rooms, SlidingRequest request, long? since, Connection connection, long head, CancellationToken cancel)
    {
        var looked = rooms.FindAll(room => !room.Room.IsPending
            && (ToldUpTo(room.RoomId, since, connection) is not { } told || room.Room.Position > told || room.Room.Membership != Membership.Join));
        var found = await histories.Of([.. looked.Select(room => room.RoomId)], request.UserId.Value, cancel);
        var results = new List<SlidingResult>();
        foreach (var room in rooms)
        {
            var told = ToldUpTo(room.RoomId, since, connection);
            var visibility = found.GetValueOrDefault(room.RoomId);
            var result = new SlidingResult(room) { Visibility = visibility, UpTo = head, ToldUpTo = told ?? long.MinValue };
            if (room.Room.IsPending)
            {
                result.IsInitial = result.IsStripped = true;
            }
            else if (room.Room.Membership == Membership.Join)
            {
                result.IsInitial = told is null || (visibility is not null && visibility.MembershipAt(told.Value) != Membership.Join);
                Expand(result, connection);
            }
            else if (visibility!.LeftAt is { } leftAt)
            {
                result.IsInitial = told is null;
                result.UpTo = leftAt;
            }
            else
            {
                // An invite or knock that ended: the user's own event, and nothing of the room.
                (result.ToldUpTo, result.UpTo) = (room.Room.Position - 1, room.Room.Position);
            }
            result.After = result.IsInitial || result.IsExpanded ? long.MinValue : result.ToldUpTo;
            results.Add(result);
        }
        return results;
    }

    static void Expand(SlidingResult result, Connection connection)
    {
        if (result.IsInitial || !connection.Rooms.TryGetValue(result.RoomId, out var sent))
            return;
        result.IsExpanded = result.Covered.Config.TimelineLimit > sent.Limit;
        var former = connection.Configs[sent.Config];
        if (former != RequiredStateForm.Text(result.Covered.Config.States))
            result.FormerStates = RequiredStateForm.Read(former);
    }

    /// <summary>What the client knows once it has the answer.</summary>
    static void Note(Connection connection, SlidingRequest request, long? since, Coverage coverage, List<SlidingResult> results)
    {
        var read = results.ToDictionary(result => result.RoomId);
        var covered = coverage.Rooms.ToDictionary(room => room.RoomId);
        foreach (var (roomId, sent) in connection.Rooms.ToList())
        {
            // Who falls out of the windows stays where the client was told of it last.
            if (!covered.ContainsKey(roomId) && sent.UpTo is null)
                connection.Rooms[roomId] = sent with { UpTo = since };
        }
        foreach (var room in coverage.Rooms)
        {
            connection.Rooms.TryGetValue(room.RoomId, out var before);
            var limit = before?.Limit ?? 0;
            if (read.TryGetValue(room.RoomId, out var result) && !result.IsStripped)
                limit = result.Limited || result.IsInitial ? room.Config.TimelineLimit : Math.Max(limit, room.Config.TimelineLimit);
            connection.Rooms[room.RoomId] = new SentRoom(null, limit, connection.ConfigOf(room.Config.States));
        }
        connection.Tidy();
        connection.Extensions.Clear();
        connection.Extensions.UnionWith(request.Extensions);
    }
}
