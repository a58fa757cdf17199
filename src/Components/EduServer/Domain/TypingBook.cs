using Matrix.Bus.Messages.Edus;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.EduServer;

/// <summary>Who types where, as far as it was heard.</summary>
sealed class TypingBook(TimeProvider clock)
{
    /// <summary>How long what was said last of a user is remembered after it has ended, against what comes late.</summary>
    static readonly TimeSpan Remembered = TimeSpan.FromSeconds(10);

    const int SweepAt = 1000;

    readonly Lock _gate = new();
    readonly Dictionary<RoomId, Dictionary<UserId, Entry>> _rooms = [];
    int _said;

    readonly record struct Entry(long Version, bool Typing, DateTimeOffset Until);

    /// <summary>Writes down what was said, unless something newer was.</summary>
    public void Note(OutputTyping said)
    {
        lock (_gate)
        {
            if (++_said >= SweepAt)
                Sweep();
            if (!_rooms.TryGetValue(said.RoomId, out var room))
                _rooms[said.RoomId] = room = [];
            if (!room.TryGetValue(said.UserId, out var known) || known.Version < said.Version)
                room[said.UserId] = new Entry(said.Version, said.Typing, clock.GetUtcNow() + TimeSpan.FromMilliseconds(said.Typing ? said.Timeout : 0));
        }
    }

    /// <summary>Who types now, in the order of their ids.</summary>
    public IReadOnlyList<UserId> In(RoomId roomId)
    {
        var now = clock.GetUtcNow();
        lock (_gate)
        {
            return _rooms.TryGetValue(roomId, out var room)
                ? [.. room.Where(user => user.Value.Typing && user.Value.Until > now).Select(user => user.Key).OrderBy(user => user.Value, StringComparer.Ordinal)]
                : [];
        }
    }

    void Sweep()
    {
        _said = 0;
        var before = clock.GetUtcNow() - Remembered;
        foreach (var (roomId, room) in _rooms)
        {
            foreach (var (user, entry) in room)
            {
                if (entry.Until < before)
                    room.Remove(user);
            }
            if (room.Count == 0)
                _rooms.Remove(roomId);
        }
    }
}
