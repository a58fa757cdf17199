using Matrix.Bus.Protocol;
using Matrix.Bus.Sync.Domain;
using Matrix.Bus.Sync.Domain.Sliding;
using Matrix.Bus.Sync.Storage;

namespace Matrix.Bus.Sync.Reading.Sliding;

/// <summary>Fills rooms of an answer with timelines, state and summaries: one query per kind for all of them.</summary>
sealed class SlidingContent(Timelines timelines, States states, SlidingState slots, Summaries summaries)
{
    static readonly string[] Naming = ["m.room.name", "m.room.avatar"];

    public async Task Fill(List<SlidingResult> rooms, SlidingRequest request, long? since, IReadOnlySet<string> ignored, CancellationToken cancel)
    {
        if (rooms.Count == 0)
            return;
        await AddTimelines(rooms, request, since, ignored, cancel);
        await AddFullState(rooms.FindAll(room => room.IsInitial || room.FormerStates is not null), cancel);
        await AddChanges(rooms.FindAll(room => !room.IsInitial), cancel);
        await AddMembers(rooms, request, cancel);
        await AddSummaries(rooms, request, cancel);
    }

    async Task AddTimelines(List<SlidingResult> rooms, SlidingRequest request, long? since, IReadOnlySet<string> ignored, CancellationToken cancel)
    {
        foreach (var group in rooms.GroupBy(room => room.Covered.Config.TimelineLimit))
        {
            var found = await timelines.Newest([.. group.Select(room => new Stretch(room.RoomId, room.After, room.UpTo))], EventFilter.All, group.Key + 1, cancel);
            foreach (var room in group)
            {
                var events = found[room.RoomId];
                room.Limited = events.Count > group.Key;
                if (room.Limited)
                    events.RemoveRange(0, events.Count - group.Key);
                room.PrevBatch = events.Count > 0 ? events[0].Position!.Value - 1 : room.UpTo;
                room.Timeline = events.FindAll(e => (room.Visibility?.CanSee(e.Position!.Value, e.Type, e.StateKey, request.UserId) ?? true)
                    && (e.IsState || !ignored.Contains(e.Sender)));
                room.Live = since is { } position ? room.Timeline.Count(e => e.Position > position) : 0;
            }
        }
    }

    /// <summary>The state of rooms that are new to the client, and of those of which it wants more than before.</summary>
    async Task AddFullState(List<SlidingResult> rooms, CancellationToken cancel)
    {
        var wide = rooms.FindAll(room => room.Covered.Config.Types is null || room.Covered.Config.AllMembers);
        var narrow = rooms.FindAll(room => room.Covered.Config.Types is not null && !room.Covered.Config.AllMembers);
        var types = narrow.SelectMany(room => room.Covered.Config.Types!).Concat(Naming).Where(type => type != EventTypes.Member).ToHashSet();
        var withMembers = await states.At([.. wide.Where(room => room.Covered.Config.AllMembers).Select(At)], withMembers: true, cancel);
        var without = await states.At([.. wide.Where(room => !room.Covered.Config.AllMembers).Select(At)], withMembers: false, cancel);
        var some = await slots.At([.. narrow.Select(At)], types, cancel);
        foreach (var room in rooms)
        {
            foreach (var stands in withMembers[room.RoomId].Concat(without[room.RoomId]).Concat(some[room.RoomId]))
            {
                if (room.IsInitial)
                    Notice(room, stands);
                var wasWanted = room.FormerStates?.Any(former => former.Matches(stands.Type, stands.StateKey!)) == true;
                if (!wasWanted && room.Covered.Config.Matches(stands.Type, stands.StateKey!))
                    room.State[(stands.Type, stands.StateKey!)] = stands;
            }
        }

        static (string, long) At(SlidingResult room) => (room.RoomId, room.UpTo);
    }

    /// <summary>What changed since the client was told; with lazy members all member changes, unless there is a gap.</summary>
    async Task AddChanges(List<SlidingResult> rooms, CancellationToken cancel)
    {
        // An expanded timeline begins anew, what changed in the state does not.
        var found = await states.Changes([.. rooms.Select(room => new Stretch(room.RoomId, room.ToldUpTo, room.UpTo))], cancel);
        foreach (var room in rooms)
        {
            foreach (var stands in found[room.RoomId])
            {
                Notice(room, stands);
                room.WantsSummary |= stands.IsMember;
                if (room.Covered.Config.Matches(stands.Type, stands.StateKey!) || (stands.IsMember && room.Covered.Config.LazyMembers && !room.Limited))
                    room.State[(stands.Type, stands.StateKey!)] = stands;
            }
        }
    }

    /// <summary>Members asked for by name, those who speak or are spoken of, and the user's own where that ended.</summary>
    async Task AddMembers(List<SlidingResult> rooms, SlidingRequest request, CancellationToken cancel)
    {
        var wanted = new List<(string RoomId, string UserId, long At)>();
        foreach (var room in rooms)
        {
            var config = room.Covered.Config;
            var users = new HashSet<string>();
            if (room.IsInitial || room.FormerStates is not null)
                users.UnionWith(config.NamedMembers);
            if (config.LazyMembers)
                users.UnionWith(room.Timeline.Select(e => e.Sender).Concat(room.Timeline.Where(e => e.IsMember).Select(e => e.StateKey!)));
            if (room.Membership is Membership.Leave or Membership.Ban)
                users.Add(request.UserId.Value);
            wanted.AddRange(users.Where(user => !room.State.ContainsKey((EventTypes.Member, user))).Select(user => (room.RoomId, user, room.UpTo)));
        }
        var byRoom = rooms.ToDictionary(room => room.RoomId);
        foreach (var member in await states.Members(wanted, cancel))
            byRoom[member.RoomId].State[(EventTypes.Member, member.StateKey!)] = member;
    }

    async Task AddSummaries(List<SlidingResult> rooms, SlidingRequest request, CancellationToken cancel)
    {
        var joined = rooms.FindAll(room => room.Membership == Membership.Join);
        var wanting = joined.FindAll(room => room.IsInitial || room.WantsSummary);
        var found = await summaries.Of([.. wanting.Select(room => room.RoomId)], request.UserId.Value, cancel);
        var heroes = new List<(string, string, long)>();
        foreach (var room in wanting)
        {
            room.Summary = found.GetValueOrDefault(room.RoomId);
            heroes.AddRange((room.Summary?.Heroes ?? []).Select(hero => (room.RoomId, hero, room.UpTo)));
        }
        var byRoom = wanting.ToDictionary(room => room.RoomId);
        foreach (var hero in await states.Members(heroes, cancel))
            byRoom[hero.RoomId].Heroes.Add(hero);

        // An old timeline shown again bumps nothing.
        var active = joined.FindAll(room => room.IsInitial || room.Timeline.Count > 0);
        var bumps = await slots.Bumps([.. active.Select(room => (room.RoomId, room.UpTo))], cancel);
        foreach (var room in rooms)
            room.Bump = room.Membership == Membership.Join ? bumps.TryGetValue(room.RoomId, out var bump) ? bump : null : room.Covered.Room.Position;
    }

    static void Notice(SlidingResult room, SyncEvent stands)
    {
        if (stands is { Type: EventTypes.Name, StateKey: "" })
            room.Name = stands;
        else if (stands is { Type: EventTypes.Avatar, StateKey: "" })
            room.Avatar = stands;
    }
}
