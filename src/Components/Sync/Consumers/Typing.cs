using Matrix.Bus.Foundation;
using Matrix.Bus.Messages.Edus;
using Matrix.Bus.Sync.Live;

namespace Matrix.Bus.Sync.Consumers;

/// <summary>Hears who types, ends it in time, and wakes who watches the room.</summary>
sealed class Typing : IBroadcastHandler<OutputTyping>, IDisposable
{
    /// <summary>Ends that lie together are seen together.</summary>
    static readonly TimeSpan Grain = TimeSpan.FromMilliseconds(20);

    readonly Lock _gate = new();
    readonly TypingRooms _rooms;
    readonly LiveStream _live;
    readonly ITimer _timer;

    public Typing(TypingRooms rooms, LiveStream live, TimeProvider clock)
    {
        (_rooms, _live) = (rooms, live);
        _timer = clock.CreateTimer(_ => End(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <inheritdoc/>
    public void Hear(OutputTyping broadcast)
    {
        if (_rooms.Take(broadcast))
            _live.Wake(broadcast.RoomId.Value);
        End();
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    void End()
    {
        // One at a time, or a later look could be undone by the timer of an earlier one.
        lock (_gate)
        {
            var (changed, next) = _rooms.End();
            foreach (var roomId in changed)
                _live.Wake(roomId);
            _timer.Change(next is { } left ? left + Grain : Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }
}
