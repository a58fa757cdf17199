using Matrix.Bus.Protocol;
using Matrix.Bus.Sync.Domain;
using Matrix.Bus.Sync.Live;
using Matrix.Bus.Sync.Storage;

namespace Matrix.Bus.Sync.Reading;

/// <summary>Answers one look at the stream: what is at hand from memory, the rest by one query per kind for all rooms.</summary>
sealed class SyncReader(LiveStream live, ColdRooms cold, Timelines timelines, States states, Summaries summaries, Items items, Bundles bundles, TypingReader typing)
{
    /// <summary>What happened since the client's token, as of the newest position.</summary>
    public async Task<(SyncAnswer Answer, IReadOnlyDictionary<string, Bundle> Bundles)> Read(SyncRequest request, UserView view, CancellationToken cancel)
    {
        var snapshot = live.Snapshot(view, request.Since);
        var answer = new SyncAnswer(snapshot.Head);
        var filter = request.Filter;

        var joined = new List<RoomAnswer>();
        var coldRooms = new List<ColdRoom>();
        var unknown = new List<UserRoom>();
        var joinedIds = new List<string>();
        foreach (var room in snapshot.Rooms)
        {
            if (!filter.Rooms.MatchesRoom(room.RoomId))
                continue;
            var isNews = request.Since is not { } since || room.Position > since;
            switch (room.Membership)
            {
                case Membership.Join:
                    joinedIds.Add(room.RoomId);
                    if (isNews || request.FullState)
                        coldRooms.Add(new ColdRoom(room, IsLeft: false));
                    else if (!snapshot.Covered)
                        unknown.Add(room);
                    else if (snapshot.News.TryGetValue(room.RoomId, out var news))
                        Hot(room, news, request, view, snapshot.Head, joined, coldRooms);
                    break;
                case Membership.Invite when isNews && (room.Inviter is null || !view.Ignored.Contains(room.Inviter)):
                    answer.Invited.Add((room.RoomId, room.Stripped));
                    break;
                case Membership.Knock when isNews:
                    answer.Knocked.Add((room.RoomId, room.Stripped));
                    break;
                case Membership.Leave or Membership.Ban when request.Since is null ? filter.IncludeLeave && !room.Forgotten : isNews:
                    coldRooms.Add(new ColdRoom(room, IsLeft: true));
                    break;
                default:
                    break;
            }
        }

        if (unknown.Count > 0)
        {
            var changed = await timelines.Changed([.. unknown.Select(room => room.RoomId)], request.Since!.Value, cancel);
            coldRooms.AddRange(unknown.Where(room => changed.Contains(room.RoomId)).Select(room => new ColdRoom(room, IsLeft: false)));
        }
        foreach (var room in await cold.Read(coldRooms, request, view, snapshot.Head, cancel))
            (room.IsLeft ? answer.Left : joined).Add(room.Answer);

        await AddItems(answer, joined, joinedIds, snapshot, request, cancel);
        typing.Add(answer, joined, joinedIds, request, view.Ignored);
        await AddSummaries(joined, request, cancel);
        await AddMembers(view, request, joined, answer.Left, snapshot.Head, cancel);
        answer.Joined.AddRange(joined.Where(room => !room.IsEmpty || room.IsFull));
        return (answer, await bundles.Of(answer.Joined.Concat(answer.Left), request.UserId, view.Ignored, cancel));
    }

    /// <summary>A room where the user was all along and everything since the token is at hand.</summary>
    static void Hot(UserRoom room, StreamEntry[] news, SyncRequest request, UserView view, long head, List<RoomAnswer> joined, List<ColdRoom> coldRooms)
    {
        var filter = request.Filter;
        var timeline = new List<StreamEntry>();
        foreach (var entry in news)
        {
            if (entry.Event is { } told && filter.Timeline.Matches(told) && Wants(view, told))
                timeline.Add(entry);
        }
        var limited = timeline.Count > filter.TimelineLimit;
        if (limited)
            timeline.RemoveRange(0, timeline.Count - filter.TimelineLimit);

        var answer = new RoomAnswer(room.RoomId)
        {
            Timeline = timeline.ConvertAll(entry => entry.Event!),
            Limited = limited,
            PrevBatch = timeline.Count > 0 ? timeline[0].Position - 1 : limited ? head : request.Since!.Value,
            MembersAt = head,
            RelationsUpTo = head,
            Related = [.. timeline.Where(entry => entry.HasRelations).Select(entry => entry.Event!.EventId)],
        };
        if (AddChanges(answer, news, request, head))
            joined.Add(answer);
        else
            coldRooms.Add(new ColdRoom(room, IsLeft: false));
    }

    /// <summary>The state that changed before the timeline, and beside it. False if some was told by its id alone.</summary>
    static bool AddChanges(RoomAnswer answer, StreamEntry[] news, SyncRequest request, long head)
    {
        var slots = new Dictionary<(string, string), SyncEvent?>();
        var shown = request.UseStateAfter ? [] : answer.Timeline.Where(e => e.IsState).Select(e => e.EventId).ToHashSet();
        var cut = request.UseStateAfter || answer.Timeline.Count == 0 ? head : answer.PrevBatch;
        var beside = new Dictionary<(string, string), SyncEvent?>();
        foreach (var entry in news)
        {
            foreach (var delta in entry.Change.Deltas)
            {
                if (delta is { EventId: not null, Event: null })
                    return false;
                answer.WantsSummary |= delta.IsMember;
                (entry.Position <= cut ? slots : beside)[(delta.Type, delta.StateKey)] = delta.Event;
            }
        }
        foreach (var (slot, stands) in beside)
        {
            if (stands is not null && !shown.Contains(stands.EventId))
                slots[slot] = stands;
        }
        foreach (var stands in slots.Values)
        {
            if (stands is not null && request.Filter.State.Matches(stands))
                answer.State.Add(stands);
        }
        return true;
    }

    /// <summary>The messages of users whom the viewer ignores are not sent; state is.</summary>
    internal static bool Wants(UserView view, SyncEvent timeline) => timeline.IsState || view.Ignored.Count == 0 || !view.Ignored.Contains(timeline.Sender);

    async Task AddItems(SyncAnswer answer, List<RoomAnswer> joined, List<string> joinedIds, Snapshot snapshot, SyncRequest request, CancellationToken cancel)
    {
        var filter = request.Filter;
        IEnumerable<Item> found;
        if (snapshot.Covered)
        {
            found = snapshot.Own.Concat(snapshot.News.Values.SelectMany(news => news)).Where(entry => entry.Change.Item is not null)
                .OrderBy(entry => entry.Position).Select(entry => entry.Change.Item!)
                .GroupBy(item => (item.Stream, item.RoomId, item.UserId, item.Key)).Select(same => same.Last()).ToList();
        }
        else
        {
            found = await items.Since(joinedIds, request.UserId.Value, request.Since ?? 0, snapshot.Head, cancel);
        }

        // A room that is new to the client is told all of it, however old.
        var full = request.Since is null ? [] : joined.Where(room => room.IsFull).Select(room => room.RoomId).ToHashSet();
        if (full.Count > 0)
        {
            var all = await items.Since(full, request.UserId.Value, 0, snapshot.Head, cancel);
            found = found.Where(item => !full.Contains(item.RoomId)).Concat(all.Where(item => full.Contains(item.RoomId)));
        }

        var rooms = joined.ToDictionary(room => room.RoomId);
        var ids = joinedIds.ToHashSet();
        foreach (var item in found)
        {
            if (item.RoomId.Length == 0)
            {
                if (filter.AccountData.MatchesType(item.Key) && filter.AccountData.MatchesSender(request.UserId.Value))
                    answer.AccountData.Add(item);
                continue;
            }
            if (!ids.Contains(item.RoomId))
                continue;
            var isAccountData = item.Stream == ItemStream.AccountData;
            var section = isAccountData ? filter.RoomAccountData : filter.Ephemeral;
            if (!section.MatchesRoom(item.RoomId) || !section.MatchesType(isAccountData ? item.Key : Ephemeral.TypeOf(item.Stream)))
                continue;
            if (!rooms.TryGetValue(item.RoomId, out var room))
            {
                rooms[item.RoomId] = room = new RoomAnswer(item.RoomId) { PrevBatch = request.Since ?? snapshot.Head, MembersAt = snapshot.Head };
                joined.Add(room);
            }
            (isAccountData ? room.AccountData : room.Ephemeral).Add(item);
        }
    }

    async Task AddSummaries(List<RoomAnswer> joined, SyncRequest request, CancellationToken cancel)
    {
        var wanting = joined.Where(room => room.WantsSummary).ToList();
        var found = await summaries.Of([.. wanting.Select(room => room.RoomId)], request.UserId.Value, cancel);
        foreach (var room in wanting)
            room.Summary = found.GetValueOrDefault(room.RoomId);
    }

    /// <summary>With lazy loading: the member events of who speaks and who names the room, unless the device has them.</summary>
    async Task AddMembers(UserView view, SyncRequest request, List<RoomAnswer> joined, List<RoomAnswer> left, long head, CancellationToken cancel)
    {
        var filter = request.Filter;
        if (!filter.Lazy || !filter.State.MatchesType(EventTypes.Member))
            return;
        var sent = live.LazyMembers(view, request.DeviceId);
        if (request.Since is null)
            sent.Clear();

        var wanted = new List<(string RoomId, string UserId, long At)>();
        var atHand = new List<(RoomAnswer Room, SyncEvent Member)>();
        var rooms = joined.Concat(left).ToDictionary(room => room.RoomId);
        foreach (var room in rooms.Values)
        {
            var there = room.State.Concat(request.UseStateAfter ? [] : room.Timeline).Where(e => e.IsMember).ToList();
            foreach (var member in there)
                sent.WasSent(member.EventId);
            var users = room.Timeline.Select(e => e.Sender).Concat(room.Summary?.Heroes ?? []).ToHashSet();
            if (room.IsFull)
                users.Add(request.UserId.Value);
            users.ExceptWith(there.Select(member => member.StateKey!));
            foreach (var user in users)
            {
                if (room.MembersAt == head && live.Member(room.RoomId, user) is { } known)
                    atHand.Add((room, known));
                else
                    wanted.Add((room.RoomId, user, room.MembersAt));
            }
        }

        var read = await states.Members(wanted, cancel);
        live.Keep(read.Where(member => rooms[member.RoomId].MembersAt == head), head);
        foreach (var (room, member) in atHand.Concat(read.Select(member => (rooms[member.RoomId], member))))
        {
            var own = room.IsFull && member.StateKey == request.UserId.Value;
            if (!sent.WasSent(member.EventId) || own || filter.SendsRedundantMembers)
                room.State.Add(member);
        }
    }
}
