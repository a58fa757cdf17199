using Matrix.Bus.Protocol;

namespace Matrix.Bus.RoomServer;

/// <summary>The rooms of one partition that are in memory, a bounded number of them.</summary>
sealed class HotRooms(int max)
{
    // Past this a room lets its members go and asks again for those that speak.
    const int MaxSlots = 20_000;

    readonly Dictionary<RoomId, RoomHead> _rooms = [];
    long _clock;

    /// <summary>Whether a room is here.</summary>
    public bool Has(RoomId room) => _rooms.ContainsKey(room);

    /// <summary>A room, if it is here.</summary>
    public RoomHead? Find(RoomId room)
    {
        if (!_rooms.TryGetValue(room, out var head))
            return null;
        head.UsedAt = _clock;
        return head;
    }

    /// <summary>Puts a room in.</summary>
    public void Add(RoomHead head)
    {
        head.UsedAt = _clock;
        _rooms[head.RoomId] = head;
    }

    /// <summary>Takes a room out.</summary>
    public void Remove(RoomId room) => _rooms.Remove(room);

    /// <summary>Takes all out.</summary>
    public void Clear() => _rooms.Clear();

    /// <summary>Between two batches: puts out what was not used for the longest time, and what rooms keep of their members
    /// beyond measure.</summary>
    public void Trim(IEnumerable<RoomHead> used)
    {
        _clock++;
        foreach (var head in used)
        {
            if (head.LoadedSlots > MaxSlots)
                head.Trim();
            // The full state was needed to write a level, not to go on.
            if (head.Snapshot is { Level0: not null, Level0Nid: not 0 })
                head.Snapshot = head.Snapshot with { Level0 = null };
        }
        if (_rooms.Count <= max)
            return;
        // A tenth at once, so that the sorting is rare.
        foreach (var cold in _rooms.Values.OrderBy(head => head.UsedAt).Take(_rooms.Count - max + (max / 10)).ToList())
            _rooms.Remove(cold.RoomId);
    }
}
