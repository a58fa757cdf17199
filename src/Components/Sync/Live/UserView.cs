using Matrix.Bus.Protocol;
using Matrix.Bus.Sync.Domain;

namespace Matrix.Bus.Sync.Live;

/// <summary>What a user is to a room, as the stream told it up to the head.</summary>
sealed record UserRoom
{
    public required string RoomId { get; init; }

    public required Membership Membership { get; init; }

    /// <summary>Where the user's member event (or notice) last changed.</summary>
    public required long Position { get; init; }

    /// <summary>The stripped state of an invite or knock, a JSON array.</summary>
    public byte[]? Stripped { get; init; }

    /// <summary>Who sent the invite, where known.</summary>
    public string? Inviter { get; init; }

    public bool Forgotten { get; init; }
}

/// <summary>An active user's rooms, kept up to date by the stream. Guarded by its stream's gate.</summary>
sealed class UserView(string userId, long position)
{
    TaskCompletionSource _changed = NewSignal();

    public string UserId { get; } = userId;

    /// <summary>What the stream told up to here is already in it.</summary>
    public long Position { get; } = position;

    public Dictionary<string, UserRoom> Rooms { get; } = [];

    /// <summary>The joined ones, with their live rooms.</summary>
    public Dictionary<string, LiveRoom> Joined { get; } = [];

    /// <summary>Whose invites and messages the user does not want.</summary>
    public HashSet<string> Ignored { get; set; } = [];

    /// <summary>Which member events each device was sent.</summary>
    public Dictionary<string, LazyMembers> Devices { get; } = [];

    /// <summary>Requests that use it now.</summary>
    public int Polls { get; set; }

    public long LastUsed { get; set; }

    /// <summary>Done when something came that may concern the user. Take it before looking.</summary>
    public Task Changed => _changed.Task;

    public void Signal()
    {
        var signalled = _changed;
        _changed = NewSignal();
        signalled.TrySetResult();
    }

    static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>The member events that a device was sent already: with lazy loading they need not be sent again.</summary>
sealed class LazyMembers
{
    const int Max = 20_000;

    readonly HashSet<string> _sent = [];

    /// <summary>True if it was sent before; remembers it.</summary>
    public bool WasSent(string eventId)
    {
        lock (_sent)
        {
            if (_sent.Count >= Max)
                _sent.Clear();
            return !_sent.Add(eventId);
        }
    }

    public void Clear()
    {
        lock (_sent)
            _sent.Clear();
    }
}
