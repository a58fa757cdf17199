using Matrix.Bus.Protocol;
using Matrix.Bus.Sync.Domain;
using Matrix.Bus.Sync.Domain.Sliding;
using Matrix.Bus.Sync.Storage;

namespace Matrix.Bus.Sync.Reading.Sliding;

/// <summary>A room that a rule of the request covers.</summary>
sealed class CoveredRoom(SlidingRoom room, RoomConfig config)
{
    public SlidingRoom Room { get; } = room;

    public string RoomId => Room.RoomId;

    public RoomConfig Config { get; set; } = config;

    /// <summary>The lists whose window it is in.</summary>
    public List<string> Lists { get; } = [];
}

/// <summary>Which rooms the lists and subscriptions of a request cover.</summary>
/// <param name="Head">The position as of which that is so.</param>
/// <param name="Rooms">The covered rooms.</param>
/// <param name="Counts">How many rooms each list has, in its window or not.</param>
/// <param name="Direct">The user's direct chats.</param>
sealed record Coverage(long Head, IReadOnlyList<CoveredRoom> Rooms, IReadOnlyDictionary<string, int> Counts, IReadOnlySet<string> Direct);

/// <summary>Filters, sorts and cuts a user's rooms.</summary>
sealed class SlidingLists(SlidingRooms rooms, Histories histories)
{
    /// <summary>The rooms to tell of, if there is something to tell.</summary>
    public async Task<Coverage> Cover(SlidingRequest request, Connection connection, IReadOnlySet<string> ignored, CancellationToken cancel)
    {
        var (head, all) = await rooms.Of(request.UserId, cancel);
        var known = await Visible(request, connection, all, ignored, cancel);
        known.Sort((a, b) => b.Activity != a.Activity ? b.Activity.CompareTo(a.Activity) : string.CompareOrdinal(a.RoomId, b.RoomId));

        var direct = await rooms.Direct(request.UserId, cancel);
        var covered = new Dictionary<string, CoveredRoom>();
        var counts = new Dictionary<string, int>();
        foreach (var (name, list) in request.Lists)
        {
            var matching = await Filter(request.UserId, known, list.Filter, direct, cancel);
            counts[name] = matching.Count;
            for (var i = 0; i < matching.Count; i++)
            {
                if (list.Covers(i))
                    Add(matching[i], list.Config).Lists.Add(name);
            }
        }
        foreach (var room in all)
        {
            if (request.Subscriptions.TryGetValue(room.RoomId, out var config))
                Add(room, config);
        }
        return new Coverage(head, [.. covered.Values], counts, direct);

        CoveredRoom Add(SlidingRoom room, RoomConfig config)
        {
            if (!covered.TryGetValue(room.RoomId, out var known))
                return covered[room.RoomId] = new CoveredRoom(room, config);
            known.Config = known.Config.With(config);
            return known;
        }
    }

    /// <summary>Rooms the user left are there while the client may not know it yet; those the user was put out of always.</summary>
    async Task<List<SlidingRoom>> Visible(SlidingRequest request, Connection connection, List<SlidingRoom> all, IReadOnlySet<string> ignored, CancellationToken cancel)
    {
        var putOut = all.FindAll(room => room.Membership is Membership.Leave or Membership.Ban && room.Sender != request.UserId.Value && !connection.Rooms.ContainsKey(room.RoomId));
        var were = await histories.Of([.. putOut.Select(room => room.RoomId)], request.UserId.Value, cancel);
        return all.FindAll(room => room.Membership switch
        {
            Membership.Join or Membership.Knock => true,
            Membership.Invite => room.Sender is null || !ignored.Contains(room.Sender),
            Membership.Leave or Membership.Ban => connection.Rooms.ContainsKey(room.RoomId) || (were.TryGetValue(room.RoomId, out var history) && history.LeftAt is not null),
            _ => false,
        });
    }

    async Task<List<SlidingRoom>> Filter(UserId userId, List<SlidingRoom> all, SlidingFilter filter, HashSet<string> direct, CancellationToken cancel)
    {
        var found = all;
        if (filter.IsInvite is { } invite)
            found = found.FindAll(room => room.Membership == Membership.Invite == invite);
        if (filter.IsDirect is { } isDirect)
            found = found.FindAll(room => direct.Contains(room.RoomId) == isDirect);
        if (filter.Spaces is { } spaces)
        {
            var joined = all.Where(room => room.Membership == Membership.Join).Select(room => room.RoomId).ToHashSet();
            var children = await rooms.Children([.. spaces.Where(joined.Contains)], cancel);
            found = found.FindAll(room => children.Contains(room.RoomId));
        }
        if (filter.NeedsTags)
        {
            var tags = await rooms.Tags(userId, cancel);
            found = found.FindAll(room =>
            {
                var of = tags.GetValueOrDefault(room.RoomId) ?? [];
                return (filter.Tags is null || filter.Tags.Any(of.Contains)) && filter.NotTags?.Any(of.Contains) != true;
            });
        }
        if (filter.NeedsTypes)
        {
            var types = await rooms.Types(found, cancel);
            found = found.FindAll(room =>
            {
                var type = types.GetValueOrDefault(room.RoomId);
                return filter.RoomTypes?.Contains(type) != false && filter.NotRoomTypes?.Contains(type) != true;
            });
        }
        if (filter.IsEncrypted is { } isEncrypted)
        {
            var encrypted = await rooms.Encrypted(found, cancel);
            found = found.FindAll(room => encrypted.Contains(room.RoomId) == isEncrypted);
        }
        return found;
    }
}
