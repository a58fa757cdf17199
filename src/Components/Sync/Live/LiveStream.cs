using Matrix.Bus.Foundation;
using Matrix.Bus.Messages.Sync;
using Matrix.Bus.Protocol;
using Matrix.Bus.Sync.Domain;
using Matrix.Bus.Sync.Storage;
using Microsoft.Extensions.Logging;

namespace Matrix.Bus.Sync.Live;

/// <summary>
/// The newest stretch of the stream in memory, with the rooms and users it concerns: a client that is nearly up to date is
/// answered from here, and a waiting one is woken from here.
/// </summary>
/// <remarks>What this host commits is published at once; what others commit is read from the database when they tell of it.
/// Entries enter in order and without a gap, so whoever has seen up to the head has seen everything up to there.</remarks>
sealed class LiveStream(StreamFeed feed, TypingRooms typing, IBroadcasts broadcasts, TimeProvider clock, ILogger<LiveStream> log) : IBroadcastHandler<SyncAdvanced>, IDisposable
{
    const int MaxEntries = 20_000;
    const long MaxBytes = 48 << 20;
    const int MaxGap = 5_000;
    const int MaxViews = 5_000;

    readonly Lock _gate = new();
    readonly SemaphoreSlim _order = new(1);
    readonly EntryQueue _ring = new();
    readonly Dictionary<string, LiveRoom> _rooms = [];
    readonly Dictionary<string, EntryQueue> _users = [];
    readonly Dictionary<string, UserView> _views = [];
    long _bytes;
    long _heard;
    long _head = -1;
    int _generation;
    int _reading;

    /// <summary>Everything up to here is in memory or was forgotten; nothing after it was published yet.</summary>
    public long Head => Volatile.Read(ref _head);

    /// <summary>What lies at or below this position is not in memory.</summary>
    public long Floor { get; private set; }

    /// <summary>Publishes what this host has committed, after whatever others committed before it, and tells them.</summary>
    public async Task Publish(Committed committed, CancellationToken cancel)
    {
        if (committed.Entries.Count == 0)
            return;
        await _order.WaitAsync(cancel);
        try
        {
            if (committed.Generation != _generation || Head < 0)
                Reset(committed.Before, committed.Generation);
            else if (committed.Before > Head)
                await Read(committed.Before, cancel);
            Append(committed.Entries);
        }
        finally
        {
            _order.Release();
        }
        broadcasts.Tell(new SyncAdvanced { Position = committed.Entries[^1].Position });
    }

    /// <inheritdoc/>
    public void Hear(SyncAdvanced broadcast)
    {
        if (broadcast.Position <= Head)
            return;
        Volatile.Write(ref _heard, Math.Max(Volatile.Read(ref _heard), broadcast.Position));
        // Nobody here has asked for anything yet: the first who does will start the stream.
        if (Head >= 0 && Interlocked.Exchange(ref _reading, 1) == 0)
            _ = Task.Run(ReadHeard);
    }

    /// <summary>Reads what was committed up to now, by whomever.</summary>
    public async Task CatchUp(CancellationToken cancel)
    {
        var (position, generation) = await feed.Newest(cancel);
        if (position == Head && generation == _generation)
            return;
        await _order.WaitAsync(cancel);
        try
        {
            if (generation != _generation || Head < 0)
                Reset(position, generation);
            else if (position > Head)
                await Read(position, cancel);
        }
        finally
        {
            _order.Release();
        }
    }

    /// <summary>The view of a user, read from the database if it is not kept yet. Say <see cref="Release"/> when done.</summary>
    public async Task<UserView> View(UserId userId, CancellationToken cancel)
    {
        if (Head < 0)
            await CatchUp(cancel);
        while (true)
        {
            lock (_gate)
            {
                if (_views.TryGetValue(userId.Value, out var kept))
                    return Use(kept);
            }
            var loaded = await feed.View(userId, cancel);
            // The view may know of what this host has not published yet; entries then would tell it again, which is harmless,
            // but a snapshot must not run ahead of the head.
            while (loaded.Position > Head)
                await CatchUp(cancel);
            lock (_gate)
            {
                if (_views.TryGetValue(userId.Value, out var raced))
                    return Use(raced);
                if (loaded.Position < Floor)
                    continue;
                MakeRoomForViews();
                foreach (var room in loaded.Rooms.Values.Where(room => room.Membership == Membership.Join))
                    Enter(loaded, room.RoomId);
                foreach (var entry in _ring.Since(loaded.Position))
                    Tell(loaded, entry);
                _views[userId.Value] = loaded;
                return Use(loaded);
            }
        }
    }

    /// <summary>Something came that has no place in the stream: whoever watches the room looks again.</summary>
    public void Wake(string roomId)
    {
        lock (_gate)
        {
            if (!_rooms.TryGetValue(roomId, out var room))
                return;
            foreach (var view in room.Viewers)
                view.Signal();
        }
    }

    /// <summary>The request that used the view is over.</summary>
    public void Release(UserView view)
    {
        lock (_gate)
            view.Polls--;
    }

    /// <summary>What a view and its rooms look like right now, all at one position.</summary>
    public Snapshot Snapshot(UserView view, long? since)
    {
        lock (_gate)
        {
            var covered = since is { } from && from >= Floor;
            var news = new Dictionary<string, StreamEntry[]>();
            StreamEntry[] own = [];
            if (covered)
            {
                foreach (var (roomId, room) in view.Joined)
                {
                    if (room.Entries.Last > since)
                        news[roomId] = room.Entries.Since(since!.Value).ToArray();
                }
                if (_users.TryGetValue(view.UserId, out var mine) && mine.Last > since)
                    own = mine.Since(since!.Value).ToArray();
            }
            return new Snapshot(Head, covered, [.. view.Rooms.Values], news, own);
        }
    }

    /// <summary>The member event of a user in a room, if it is at hand.</summary>
    public SyncEvent? Member(string roomId, string userId)
    {
        lock (_gate)
            return _rooms.TryGetValue(roomId, out var room) ? room.Member(userId) : null;
    }

    /// <summary>Keeps member events that were read as of a position, unless something has happened since.</summary>
    public void Keep(IEnumerable<SyncEvent> members, long position)
    {
        lock (_gate)
        {
            foreach (var member in members)
            {
                if (_rooms.TryGetValue(member.RoomId, out var room) && room.Entries.Last <= position)
                    room.Keep(member);
            }
        }
    }

    /// <summary>What a device was sent with lazy loading.</summary>
    public LazyMembers LazyMembers(UserView view, string deviceId)
    {
        lock (_gate)
        {
            if (!view.Devices.TryGetValue(deviceId, out var members))
            {
                if (view.Devices.Count > 50)
                    view.Devices.Clear();
                view.Devices[deviceId] = members = new LazyMembers();
            }
            return members;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _order.Dispose();

    async Task ReadHeard()
    {
        try
        {
            do
            {
                await CatchUp(CancellationToken.None);
                Volatile.Write(ref _reading, 0);
            }
            while (Volatile.Read(ref _heard) > Head && Interlocked.Exchange(ref _reading, 1) == 0);
        }
        catch (Exception exception)
        {
            // The watch reads again shortly.
            Volatile.Write(ref _reading, 0);
            log.FeedFailed(exception);
        }
    }

    /// <summary>Under the order: reads and publishes (head, position].</summary>
    async Task Read(long position, CancellationToken cancel)
    {
        if (position - Head > MaxGap)
            Reset(position, _generation);
        else
            Append(await feed.Read(Head, position, cancel), position);
    }

    void Append(IReadOnlyList<StreamEntry> entries, long? upTo = null)
    {
        var woken = new HashSet<UserView>();
        lock (_gate)
        {
            foreach (var entry in entries)
            {
                if (entry.Position > _head)
                    Append(entry, woken);
            }
            Volatile.Write(ref _head, Math.Max(_head, upTo ?? (entries.Count > 0 ? entries[^1].Position : _head)));
            while (_ring.Count > MaxEntries || (_bytes > MaxBytes && _ring.Count > 0))
                RemoveFirst();
            foreach (var view in woken)
                view.Signal();
        }
    }

    void Append(StreamEntry entry, HashSet<UserView> woken)
    {
        _ring.Add(entry);
        _bytes += Size(entry);
        var change = entry.Change;
        if (change.IsPurge && change.RoomId is { } purged)
        {
            foreach (var view in _views.Values.Where(view => view.Rooms.Remove(purged)))
            {
                Leave(view, purged);
                woken.Add(view);
            }
            return;
        }

        var userId = UserOf(change);
        if (change.RoomId is { } roomId && userId is null)
        {
            var room = Room(roomId);
            room.Add(entry);
            woken.UnionWith(room.Viewers);
        }
        if (userId is not null)
        {
            if (!_users.TryGetValue(userId, out var mine))
                _users[userId] = mine = new EntryQueue();
            mine.Add(entry);
            if (_views.TryGetValue(userId, out var view))
            {
                Tell(view, entry);
                woken.Add(view);
            }
        }
        foreach (var delta in change.Deltas)
        {
            if (delta.IsMember && (delta.EventId is null || (Membership)delta.Value is not (Membership.Join or Membership.None)))
                typing.Left(change.RoomId!, delta.StateKey);
            if (delta.IsMember && _views.TryGetValue(delta.StateKey, out var view))
            {
                Tell(view, entry);
                woken.Add(view);
            }
        }
    }

    /// <summary>Brings a view up to date with one entry.</summary>
    void Tell(UserView view, StreamEntry entry)
    {
        var change = entry.Change;
        foreach (var delta in change.Deltas)
        {
            if (!delta.IsMember || delta.StateKey != view.UserId)
                continue;
            var membership = delta.EventId is null ? Membership.Leave : (Membership)delta.Value;
            view.Rooms.TryGetValue(change.RoomId!, out var before);
            Set(view, new UserRoom
            {
                RoomId = change.RoomId!,
                Membership = membership,
                Position = entry.Position,
                Stripped = membership is Membership.Invite or Membership.Knock ? before?.Stripped : null,
                Inviter = delta.Event?.Sender,
            });
        }
        if (change.Notice is { } notice && notice.UserId == view.UserId)
            Tell(view, change.RoomId!, notice, entry.Position);
        if (change.Item is { Stream: ItemStream.AccountData, RoomId: "", Key: IgnoredUsers.Type } item && item.UserId == view.UserId)
            view.Ignored = IgnoredUsers.Read(item.Body);
    }

    void Tell(UserView view, string roomId, Notice notice, long position)
    {
        view.Rooms.TryGetValue(roomId, out var before);
        switch (notice.Kind)
        {
            case NoticeKind.Pending:
                Set(view, new UserRoom { RoomId = roomId, Membership = notice.Membership, Position = position, Stripped = notice.Stripped, Inviter = notice.Inviter ?? before?.Inviter });
                break;
            case NoticeKind.Ended when before is { Membership: Membership.Invite or Membership.Knock }:
                Set(view, before with { Membership = Membership.Leave, Position = position, Stripped = null });
                break;
            case NoticeKind.Forgotten when before is not null:
                Set(view, before with { Forgotten = true });
                break;
            default:
                break;
        }
    }

    void Set(UserView view, UserRoom room)
    {
        view.Rooms[room.RoomId] = room;
        if (room.Membership == Membership.Join)
            Enter(view, room.RoomId);
        else
            Leave(view, room.RoomId);
    }

    void Enter(UserView view, string roomId)
    {
        var room = Room(roomId);
        room.Viewers.Add(view);
        view.Joined[roomId] = room;
    }

    void Leave(UserView view, string roomId)
    {
        if (view.Joined.Remove(roomId, out var room))
            room.Viewers.Remove(view);
    }

    void RemoveFirst()
    {
        var first = _ring.First;
        _ring.RemoveFirst();
        _bytes -= Size(first);
        Floor = first.Position;
        var change = first.Change;
        if (change.RoomId is { } roomId && _rooms.TryGetValue(roomId, out var room))
        {
            if (room.Entries.Count > 0 && room.Entries.First == first)
                room.RemoveFirst();
            if (room.IsIdle)
                _rooms.Remove(roomId);
        }
        if (UserOf(change) is { } userId && _users.TryGetValue(userId, out var mine))
        {
            if (mine.Count > 0 && mine.First == first)
                mine.RemoveFirst();
            if (mine.Count == 0)
                _users.Remove(userId);
        }
    }

    /// <summary>Forgets everything: it was too much to read, or the stream is another one now.</summary>
    void Reset(long head, int generation)
    {
        lock (_gate)
        {
            var views = _views.Values.ToList();
            while (_ring.Count > 0)
                _ring.RemoveFirst();
            _rooms.Clear();
            _users.Clear();
            _views.Clear();
            _bytes = 0;
            _generation = generation;
            Floor = head;
            Volatile.Write(ref _head, head);
            foreach (var view in views)
                view.Signal();
        }
    }

    /// <summary>True while the view is the one that the stream keeps up to date.</summary>
    public bool IsCurrent(UserView view)
    {
        lock (_gate)
            return _views.TryGetValue(view.UserId, out var kept) && kept == view;
    }

    LiveRoom Room(string roomId)
    {
        if (!_rooms.TryGetValue(roomId, out var room))
            _rooms[roomId] = room = new LiveRoom(roomId);
        return room;
    }

    UserView Use(UserView view)
    {
        view.Polls++;
        view.LastUsed = clock.GetTimestamp();
        return view;
    }

    void MakeRoomForViews()
    {
        if (_views.Count < MaxViews)
            return;
        foreach (var view in _views.Values.Where(view => view.Polls == 0).OrderBy(view => view.LastUsed).Take(MaxViews / 4).ToList())
        {
            _views.Remove(view.UserId);
            foreach (var room in view.Joined.Values)
                room.Viewers.Remove(view);
        }
    }

    static string? UserOf(Change change) =>
        change.Notice?.UserId ?? (change.Item is { UserId.Length: > 0 } item ? item.UserId : null);

    static long Size(StreamEntry entry) =>
        400 + (entry.Change.Event?.Json.Length ?? 0) + (entry.Change.Item?.Body.Length ?? 0) + (entry.Change.Deltas.Count * 200);
}

/// <summary>What a request sees, all at one position.</summary>
/// <param name="Head">The position.</param>
/// <param name="Covered">True if all that happened since the client's token is in <paramref name="News"/> and <paramref name="Own"/>.</param>
/// <param name="Rooms">All rooms of the user.</param>
/// <param name="News">What happened in joined rooms.</param>
/// <param name="Own">What concerns the user alone.</param>
sealed record Snapshot(long Head, bool Covered, IReadOnlyList<UserRoom> Rooms, IReadOnlyDictionary<string, StreamEntry[]> News, StreamEntry[] Own);
