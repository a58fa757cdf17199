using Microsoft.Extensions.Logging;
using Npgsql;

namespace Matrix.Bus.Foundation;

/// <summary>This host's part in one group: says that it lives, sees who else does, and owns its share of the partitions.</summary>
sealed class GroupMembership(IOwnedPartitions group, int partitions, string connectionString, HostIdentity host, ILogger log)
{
    static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(200);

    /// <summary>A host that said nothing for this long is frozen or cut off: its session is ended, and its locks with it.</summary>
    const string Silence = "2 seconds";

    const string JoinSql = """
        INSERT INTO foundation.partition_member (group_name, host, backend_pid, backend_start, seen_at)
        SELECT $1, $2, pg_backend_pid(), backend_start, clock_timestamp() FROM pg_stat_activity WHERE pid = pg_backend_pid()
        ON CONFLICT (group_name, host) DO UPDATE
        SET backend_pid = excluded.backend_pid, backend_start = excluded.backend_start, seen_at = excluded.seen_at
        """;

    const string BeatSql = "UPDATE foundation.partition_member SET seen_at = clock_timestamp() WHERE group_name = $1 AND host = $2";

    // The join with the live sessions is what makes a crash visible at once.
    const string MembersSql = $"""
        SELECT m.host, m.backend_pid, m.seen_at < clock_timestamp() - interval '{Silence}'
        FROM foundation.partition_member m
        JOIN pg_stat_activity a ON a.pid = m.backend_pid AND a.backend_start = m.backend_start
        WHERE m.group_name = $1 ORDER BY m.host
        """;

    const string ForgetSql = """
        DELETE FROM foundation.partition_member m
        WHERE m.group_name = $1 AND m.seen_at < clock_timestamp() - interval '1 hour'
        """;

    readonly SortedSet<int> _owned = [];
    readonly int _lockClass = StableHash(group.Group);

    /// <summary>The session says one thing at a time; attaching and detaching, which take their time, happen outside.</summary>
    readonly SemaphoreSlim _gate = new(1);
    NpgsqlConnection? _session;
    string _members = "";

    public async Task Run(CancellationToken stop)
    {
        group.StillOwned = StillOwned;
        while (!stop.IsCancellationRequested)
        {
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
            Task beating = Task.CompletedTask;
            try
            {
                var session = await Join(ended.Token);
                Volatile.Write(ref _session, session);
                beating = KeepBeating(session, ended);
                while (true)
                {
                    await Tick(session, ended.Token);
                    await Task.Delay(Beat, ended.Token);
                }
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
            }
            catch (Exception exception)
            {
                // The session is gone and the locks with it: stop everything before anything else.
                log.OwnershipLost(group.Group, _owned.Count, exception.Message);
            }
            await LetGoOfAll();
            await ended.CancelAsync();
            await beating;
            await CloseSession();
            if (!stop.IsCancellationRequested)
                await Task.Delay(Beat, CancellationToken.None);
        }
    }

    /// <summary>Says that this host lives, however long a partition takes to come or go.</summary>
    async Task KeepBeating(NpgsqlConnection session, CancellationTokenSource ended)
    {
        try
        {
            while (!ended.IsCancellationRequested)
            {
                await Guarded(() => Execute(session, BeatSql, ended.Token, group.Group, host.Id), ended.Token);
                await Task.Delay(Beat, ended.Token);
            }
        }
        catch (Exception) when (ended.IsCancellationRequested)
        {
        }
        catch (Exception exception)
        {
            log.OwnershipLost(group.Group, _owned.Count, exception.Message);
            await ended.CancelAsync();
        }
    }

    /// <summary>True if this host holds the partition's lock right now: asked by a worker that found itself fenced off.</summary>
    async Task<bool> StillOwned(int partition)
    {
        try
        {
            return Volatile.Read(ref _session) is { } session && await Guarded(
                () => Scalar(
                    session,
                    "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND classid::int8 = $1 & 4294967295 AND objid::int8 = $2 AND granted)",
                    CancellationToken.None,
                    (long)_lockClass,
                    (long)partition),
                CancellationToken.None);
        }
        catch (Exception exception) when (exception is NpgsqlException or InvalidOperationException or ObjectDisposedException)
        {
            return false;
        }
    }

    async Task<T> Guarded<T>(Func<Task<T>> ask, CancellationToken cancel)
    {
        await _gate.WaitAsync(cancel);
        try
        {
            return await ask();
        }
        finally
        {
            _gate.Release();
        }
    }

    Task Guarded(Func<Task> say, CancellationToken cancel) => Guarded(
        async () =>
        {
            await say();
            return true;
        },
        cancel);

    async Task Tick(NpgsqlConnection session, CancellationToken stop)
    {
        var members = await Guarded(() => Members(session, stop), stop);
        var me = members.IndexOf(host.Id);
        if (me < 0)
            throw new InvalidOperationException("This host's session is not among the members.");

        var seen = string.Join(' ', members);
        if (seen != _members)
        {
            _members = seen;
            log.Members(group.Group, members.Count, host.Id);
        }

        var leaving = _owned.Where(partition => partition % members.Count != me).ToList();
        await Task.WhenAll(leaving.Select(group.Detach));
        foreach (var partition in leaving)
        {
            await Guarded(() => Unlock(session, partition), stop);
            _owned.Remove(partition);
        }

        var taken = new List<int>();
        for (var partition = me; partition < partitions; partition += members.Count)
        {
            var wanted = partition;
            if (!_owned.Contains(wanted) && await Guarded(() => TryLock(session, wanted, stop), stop))
                taken.Add(wanted);
        }
        _owned.UnionWith(taken);
        await Task.WhenAll(taken.Select(partition => group.Attach(partition, stop)));
        if (leaving.Count + taken.Count > 0)
            log.Owns(group.Group, _owned.Count, partitions);
    }

    async Task<NpgsqlConnection> Join(CancellationToken cancel)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString)
        {
            Pooling = false,
            ApplicationName = $"matrix-bus {group.Group} {host.Id}",
            KeepAlive = 5,
            CommandTimeout = 5,
            Timeout = 5,
        };
        var session = new NpgsqlConnection(settings.ConnectionString);
        try
        {
            await session.OpenAsync(cancel);
            // A heartbeat may be lost in a crash of PostgreSQL; it need not wait for the disk.
            await Execute(session, "SET synchronous_commit = off", cancel);
            await Execute(session, JoinSql, cancel, group.Group, host.Id);
            await Execute(session, ForgetSql, cancel, group.Group);
            return session;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    async Task<List<string>> Members(NpgsqlConnection session, CancellationToken cancel)
    {
        var members = new List<string>();
        var silent = new List<int>();
        await using (var command = new NpgsqlCommand(MembersSql, session))
        {
            command.Parameters.AddWithValue(group.Group);
            await using var reader = await command.ExecuteReaderAsync(cancel);
            while (await reader.ReadAsync(cancel))
            {
                if (reader.GetBoolean(2))
                    silent.Add(reader.GetInt32(1));
                else
                    members.Add(reader.GetString(0));
            }
        }
        foreach (var pid in silent)
        {
            log.EndingSilentMember(group.Group, pid);
            await Execute(session, "SELECT pg_terminate_backend($1)", cancel, pid);
        }
        return members;
    }

    async Task LetGoOfAll()
    {
        await Task.WhenAll(_owned.Select(group.Detach));
        _owned.Clear();
    }

    async Task CloseSession()
    {
        if (Interlocked.Exchange(ref _session, null) is { } session)
            await session.DisposeAsync();
    }

    Task<bool> TryLock(NpgsqlConnection session, int partition, CancellationToken cancel) =>
        Scalar(session, "SELECT pg_try_advisory_lock($1, $2)", cancel, _lockClass, partition);

    Task<bool> Unlock(NpgsqlConnection session, int partition) =>
        Scalar(session, "SELECT pg_advisory_unlock($1, $2)", CancellationToken.None, _lockClass, partition);

    static async Task<bool> Scalar(NpgsqlConnection session, string sql, CancellationToken cancel, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, session);
        foreach (var value in values)
            command.Parameters.AddWithValue(value);
        return (bool)(await command.ExecuteScalarAsync(cancel))!;
    }

    static async Task Execute(NpgsqlConnection session, string sql, CancellationToken cancel, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, session);
        foreach (var value in values)
            command.Parameters.AddWithValue(value);
        await command.ExecuteNonQueryAsync(cancel);
    }

    static int StableHash(string text)
    {
        var hash = 2166136261u;
        foreach (var c in text)
            hash = (hash ^ c) * 16777619u;
        return (int)hash;
    }
}
