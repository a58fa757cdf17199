using Matrix.Bus.Messages;
using Npgsql;

namespace Matrix.Bus.RoomServer;

/// <summary>
/// Commits the batches of all partitions of this host over a few lanes: what comes while a lane is free is committed at once, what
/// comes while all are busy is committed together by the next one that is free.
/// </summary>
/// <remarks>If a commit of several batches fails, each is tried alone, so that a fenced or poisoned one takes no other with it. A
/// failure says nothing for certain, then: the first commit may have been made after all.</remarks>
sealed class CommitLanes
{
    readonly NpgsqlDataSource _db;
    readonly Lock _lock = new();
    readonly Stack<CommitColumns> _free = new();
    List<Waiting> _waiting = [];

    public CommitLanes([Microsoft.Extensions.DependencyInjection.FromKeyedServices(ComponentNames.RoomServer)] NpgsqlDataSource db, RoomServerOptions options)
    {
        _db = db;
        for (var i = 0; i < options.CommitLanes; i++)
            _free.Push(new CommitColumns());
    }

    readonly record struct Waiting(StagedRows Rows, TaskCompletionSource Committed);

    /// <summary>Done when it is durable. If it throws, whether it was made is to be settled by <see cref="PartitionRows.Settle"/>.</summary>
    public Task Commit(StagedRows rows)
    {
        CommitColumns? lane;
        TaskCompletionSource? committed = null;
        lock (_lock)
        {
            if (!_free.TryPop(out lane))
            {
                committed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _waiting.Add(new Waiting(rows, committed));
            }
        }
        return lane is null ? committed!.Task : CommitNow(lane, rows);
    }

    async Task CommitNow(CommitColumns lane, StagedRows rows)
    {
        try
        {
            await lane.Commit(_db, [rows], CancellationToken.None);
        }
        finally
        {
            Release(lane);
        }
    }

    /// <summary>Frees the lane, or sends it on with what has come meanwhile.</summary>
    void Release(CommitColumns lane)
    {
        List<Waiting> group;
        lock (_lock)
        {
            if (_waiting.Count == 0)
            {
                _free.Push(lane);
                return;
            }
            group = _waiting;
            _waiting = [];
        }
        _ = Task.Run(() => CommitGroup(lane, group));
    }

    async Task CommitGroup(CommitColumns lane, List<Waiting> group)
    {
        try
        {
            await lane.Commit(_db, group.ConvertAll(each => each.Rows), CancellationToken.None);
            foreach (var each in group)
                each.Committed.TrySetResult();
        }
        catch (Exception exception) when (group.Count == 1)
        {
            group[0].Committed.TrySetException(exception);
        }
        catch (Exception)
        {
            await CommitEach(lane, group);
        }
        finally
        {
            Release(lane);
        }
    }

    async Task CommitEach(CommitColumns lane, List<Waiting> group)
    {
        foreach (var each in group)
        {
            try
            {
                await lane.Commit(_db, [each.Rows], CancellationToken.None);
                each.Committed.TrySetResult();
            }
            catch (Exception exception)
            {
                each.Committed.TrySetException(exception);
            }
        }
    }
}
