using Matrix.Bus.Messages.Edus;

namespace Matrix.Bus.Sync.Live;

/// <summary>Who types where right now. Every host hears it all and lets it end by itself.</summary>
sealed class TypingRooms(TimeProvider clock)
{
    /// <summary>How long the end of somebody's typing is remembered, against what was said before it and comes after it.</summary>
    static readonly TimeSpan Remembered = TimeSpan.FromSeconds(10);

    readonly Lock _gate = new();
    readonly Dictionary<string, Dictionary<string, Entry>> _rooms = [];
    readonly PriorityQueue<(string RoomId, string UserId, long Version), DateTimeOffset> _ends = new();

    readonly record struct Entry(long Version, bool Typing, DateTimeOffset Until);

    /// <summary>True if nobody types anywhere.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_gate)
                return _rooms.Count == 0;
        }
    }

    /// <summary>Takes what was said; true if others now type in the room than before.</summary>
    public bool Take(OutputTyping said)
    {
        lock (_gate)
        {
            var (roomId, userId) = (said.RoomId.Value, said.UserId.Value);
            if (!_rooms.TryGetValue(roomId, out var room))
                _rooms[roomId] = room = [];
            var known = room.TryGetValue(userId, out var before);
            if (known && before.Version >= said.Version)
                return false;
            var until = clock.GetUtcNow() + (said.Typing ? TimeSpan.FromMilliseconds(said.Timeout) : Remembered);
            room[userId] = new Entry(said.Version, said.Typing, until);
            _ends.Enqueue((roomId, userId, said.Version), until);
            return (known && before.Typing) != said.Typing;
        }
    }

    /// <summary>A user is not in the room any more, and types no more. Whoever tells that wakes the room.</summary>
    public void Left(string roomId, string userId)
    {
        lock (_gate)
        {
            if (_rooms.TryGetValue(roomId, out var room) && room.TryGetValue(userId, out var entry) && entry.Typing)
                room[userId] = entry with { Typing = false };
        }
    }

    /// <summary>Forgets what is over; answers the rooms where somebody's time ran out, and when to ask again.</summary>
    public (IReadOnlyCollection<string> Changed, TimeSpan? Next) End()
    {
        var changed = new HashSet<string>();
        lock (_gate)
        {
            var now = clock.GetUtcNow();
            while (_ends.TryPeek(out var end, out var until))
            {
                if (until > now)
                    return (changed, until - now);
                _ends.Dequeue();
                // Said again since: its own end follows.
                if (!_rooms.TryGetValue(end.RoomId, out var room) || !room.TryGetValue(end.UserId, out var entry) || entry.Version != end.Version)
                    continue;
                if (entry.Typing)
                    changed.Add(end.RoomId);
                room.Remove(end.UserId);
                if (room.Count == 0)
                    _rooms.Remove(end.RoomId);
            }
            return (changed, null);
        }
    }

    /// <summary>Who types in a room, in the order of their ids, apart from those whom the viewer ignores.</summary>
    public IReadOnlyList<string> In(string roomId, IReadOnlySet<string> ignored)
    {
        lock (_gate)
        {
            if (!_rooms.TryGetValue(roomId, out var room))
                return [];
            var now = clock.GetUtcNow();
            return [.. room.Where(user => user.Value.Typing && user.Value.Until > now && !ignored.Contains(user.Key)).Select(user => user.Key).Order(StringComparer.Ordinal)];
        }
    }
}
