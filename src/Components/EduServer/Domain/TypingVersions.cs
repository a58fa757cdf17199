namespace Matrix.Bus.EduServer;

/// <summary>Numbers what is said of the rooms of a partition, rising: by the clock, so that the next owner goes on from there, and
/// by one where the clock stands.</summary>
sealed class TypingVersions(TimeProvider clock)
{
    readonly System.Collections.Concurrent.ConcurrentDictionary<int, long> _last = new();

    /// <summary>The next version in a partition.</summary>
    public long Next(int partition)
    {
        var now = clock.GetUtcNow().Ticks;
        return _last.AddOrUpdate(partition, now, (_, last) => Math.Max(last + 1, now));
    }

    /// <summary>The partition is another host's now.</summary>
    public void Forget(int partition) => _last.TryRemove(partition, out _);
}
