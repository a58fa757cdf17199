using System.Threading.Channels;
using Matrix.Bus.Foundation;
using Matrix.Bus.Sync.Live;
using Matrix.Bus.Sync.Storage;

namespace Matrix.Bus.Sync.Workers;

/// <summary>Commits what all partitions of all followed logs bring, together: whatever waits when a commit ends is the next one.</summary>
/// <remarks>One writer per host: its commits are published in the order of their positions.</remarks>
sealed class GroupCommit : IAsyncDisposable
{
    const int MaxChanges = 2_000;

    readonly StreamWrite _write;
    readonly LiveStream _live;
    readonly Channel<Pending> _queue = Channel.CreateUnbounded<Pending>(new UnboundedChannelOptions { SingleReader = true });
    readonly Task _worker;

    sealed record Pending(WriteUnit Unit, TaskCompletionSource Committed);

    public GroupCommit(StreamWrite write, LiveStream live)
    {
        (_write, _live) = (write, live);
        _worker = Task.Run(Work);
    }

    /// <summary>Commits a unit; done once it is stored and published.</summary>
    /// <exception cref="FencedException">Another host has taken over the partition.</exception>
    public Task Commit(WriteUnit unit)
    {
        var pending = new Pending(unit, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        return _queue.Writer.TryWrite(pending) ? pending.Committed.Task : Task.FromException(new ObjectDisposedException(nameof(GroupCommit)));
    }

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _worker;
    }

    async Task Work()
    {
        var group = new List<Pending>();
        while (await _queue.Reader.WaitToReadAsync())
        {
            group.Clear();
            var changes = 0;
            while (changes < MaxChanges && _queue.Reader.TryRead(out var pending))
            {
                group.Add(pending);
                changes += pending.Unit.Changes.Count;
            }
            if (await TryTogether(group))
                continue;
            // One of them is fenced or poisoned: each for itself, so that it alone bears it.
            foreach (var pending in group)
                await Alone(pending);
        }
    }

    async Task<bool> TryTogether(List<Pending> group)
    {
        try
        {
            await Commit(group);
            return true;
        }
        catch (Exception exception) when (group.Count == 1)
        {
            group[0].Committed.TrySetException(exception);
            return true;
        }
        catch (Exception)
        {
            return false;
        }
    }

    async Task Alone(Pending pending)
    {
        try
        {
            await Commit([pending]);
        }
        catch (Exception exception)
        {
            pending.Committed.TrySetException(exception);
        }
    }

    async Task Commit(List<Pending> group)
    {
        // A repeat of a partition in one group would be fenced by its own predecessor's checkpoint: followers hand over one at a time.
        var committed = await _write.Commit([.. group.Select(pending => pending.Unit)], CancellationToken.None);
        try
        {
            await _live.Publish(committed, CancellationToken.None);
        }
        catch (Npgsql.NpgsqlException)
        {
            // Stored but not shown yet: the watch shows it as it does what other hosts commit.
        }
        foreach (var pending in group)
            pending.Committed.TrySetResult();
    }
}
