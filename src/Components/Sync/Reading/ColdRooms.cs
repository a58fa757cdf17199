using Matrix.Bus.Protocol;
using Matrix.Bus.Sync.Domain;
using Matrix.Bus.Sync.Live;
using Matrix.Bus.Sync.Storage;

namespace Matrix.Bus.Sync.Reading;

/// <summary>A room that is answered from the database.</summary>
sealed record ColdRoom(UserRoom Room, bool IsLeft);

/// <summary>Rooms new to the client, rooms with a gap, rooms left: one query per kind for all of them.</summary>
sealed class ColdRooms(Histories histories, Timelines timelines, States states)
{
    /// <summary>The rooms' timelines and state.</summary>
    public async Task<List<(RoomAnswer Answer, bool IsLeft)>> Read(List<ColdRoom> rooms, SyncRequest request, UserView view, long head, CancellationToken cancel)
    {
        if (rooms.Count == 0)
            return [];
        var filter = request.Filter;
        var viewed = await histories.Of([.. rooms.Select(room => room.Room.RoomId)], request.UserId.Value, cancel);
        var plans = rooms.ConvertAll(room => Plan(room, viewed[room.Room.RoomId], request, head));

        var limit = filter.TimelineLimit;
        var events = await timelines.Newest([.. plans.Where(plan => filter.Timeline.MatchesRoom(plan.RoomId)).Select(plan => new Stretch(plan.RoomId, plan.After, plan.UpTo))],
            filter.Timeline, limit + 1, cancel);
        foreach (var plan in plans)
            Fill(plan, events.GetValueOrDefault(plan.RoomId) ?? [], limit, request, view);

        await AddState(plans.FindAll(plan => filter.State.MatchesRoom(plan.RoomId)), request, cancel);
        return plans.ConvertAll(plan => (plan.Answer, plan.IsLeft));
    }

    static RoomPlan Plan(ColdRoom room, Visibility visibility, SyncRequest request, long head)
    {
        var roomId = room.Room.RoomId;
        var since = request.Since ?? long.MinValue;
        var wasJoined = request.Since is not null && visibility.MembershipAt(since) == Membership.Join;
        if (!room.IsLeft)
        {
            // Who was not in the room at the token has no timeline to continue, and starts afresh.
            return new RoomPlan(roomId, visibility, IsLeft: false, After: wasJoined ? since : long.MinValue, UpTo: head,
                StateUpTo: head, IsFull: !wasJoined || request.FullState);
        }

        if (visibility.LeftAt is { } leftAt)
        {
            // What came between leaving and, say, a ban is nobody's business here; the last stay ends where it ended.
            var isNew = !wasJoined && leftAt > since;
            return new RoomPlan(roomId, visibility, IsLeft: true, After: isNew ? long.MinValue : since, UpTo: leftAt,
                StateUpTo: leftAt > since ? leftAt : long.MinValue, IsFull: isNew || (request.FullState && leftAt > since));
        }
        // Never in it: an invite or knock that ended. Nothing of the room but the user's own event.
        return new RoomPlan(roomId, visibility, IsLeft: true, After: room.Room.Position - 1, UpTo: room.Room.Position, StateUpTo: long.MinValue, IsFull: false);
    }

    static void Fill(RoomPlan plan, List<SyncEvent> events, int limit, SyncRequest request, UserView view)
    {
        var answer = plan.Answer;
        if (events.Count > limit)
        {
            answer.Limited = true;
            events.RemoveRange(0, events.Count - limit);
        }
        answer.PrevBatch = events.Count > 0 ? events[0].Position!.Value - 1 : Math.Min(plan.UpTo, request.Since is { } since && !plan.IsFull ? since : plan.UpTo);
        plan.Start = answer.PrevBatch;
        answer.Timeline = events.FindAll(e =>
            plan.Visibility.CanSee(e.Position!.Value, e.Type, e.StateKey, request.UserId) && SyncReader.Wants(view, e));
        answer.Visibility = plan.Visibility;
        answer.IsFull = plan.IsFull;
        answer.WantsSummary = !plan.IsLeft;
        answer.RelationsUpTo = plan.UpTo;
        answer.MembersAt = request.UseStateAfter ? plan.UpTo : Math.Max(plan.Start, 0);
    }

    async Task AddState(List<RoomPlan> plans, SyncRequest request, CancellationToken cancel)
    {
        var filter = request.Filter;
        plans = plans.FindAll(plan => plan.StateUpTo > long.MinValue);
        // With a limit of 0 the timeline is empty, and its start is its end.
        long Cut(RoomPlan plan) => request.UseStateAfter || plan.Answer.Timeline.Count == 0 ? plan.StateUpTo : Math.Min(plan.Start, plan.StateUpTo);

        var full = await states.At([.. plans.Where(plan => plan.IsFull).Select(plan => (plan.RoomId, Cut(plan)))], withMembers: !filter.Lazy, cancel);
        // With lazy loading too: members that changed in a gap are sent whether redundant or not.
        var gap = await states.Changes([.. plans.Where(plan => !plan.IsFull).Select(plan => new Stretch(plan.RoomId, plan.After, Cut(plan)))], cancel);
        // State that changed beside the timeline's own events, by state resolution or behind the filter.
        var beside = request.UseStateAfter ? null
            : await states.Changes([.. plans.Where(plan => Cut(plan) < plan.StateUpTo).Select(plan => new Stretch(plan.RoomId, Cut(plan), plan.StateUpTo))], cancel);

        foreach (var plan in plans)
        {
            var slots = new Dictionary<(string, string), SyncEvent>();
            foreach (var stands in plan.IsFull ? full[plan.RoomId] : gap[plan.RoomId])
                slots[(stands.Type, stands.StateKey!)] = stands;
            if (beside is not null)
            {
                var shown = plan.Answer.Timeline.Select(e => e.EventId).ToHashSet();
                foreach (var stands in beside[plan.RoomId].Where(stands => !shown.Contains(stands.EventId) && !(plan.IsFull && filter.Lazy && stands.IsMember)))
                    slots[(stands.Type, stands.StateKey!)] = stands;
            }
            plan.Answer.State = [.. slots.Values.Where(filter.State.Matches)];
        }
    }

    sealed record RoomPlan(string RoomId, Visibility Visibility, bool IsLeft, long After, long UpTo, long StateUpTo, bool IsFull)
    {
        public RoomAnswer Answer { get; } = new(RoomId);

        /// <summary>The position before the first event of the timeline.</summary>
        public long Start { get; set; }
    }
}
