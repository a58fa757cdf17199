using System.Reflection;
using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Matrix.Bus.Sync.Storage;

/// <summary>Lets a client read its own writes: what RoomServer has committed before the question is in Sync's copy before the answer.</summary>
/// <remarks>The copy follows by some milliseconds. Asking the log for its head and waiting until the checkpoint has passed it needs no
/// word between the components but the one they have. A partition's head, not a room's: what else is in the partition is as quick.
/// When RoomServer does not answer, what is there is told: reading does not depend on it.</remarks>
sealed class CaughtUp(
    IServiceProvider provider, ICalls calls, MatrixBusOptions options, [FromKeyedSyncDatabase] NpgsqlDataSource db, TimeProvider clock, ILogger<CaughtUp> log)
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(16);
    static readonly LogAttribute Source = typeof(OutputRoomEvent).GetCustomAttribute<LogAttribute>()!;

    const string BehindSql = """
        SELECT 1 FROM unnest($2, $3) AS u (partition, head)
        LEFT JOIN sync.checkpoint c ON c.log = $1 AND c.partition = u.partition
        WHERE coalesce(c.position, 0) < u.head LIMIT 1
        """;

    /// <summary>RoomServer's own, if it runs in this process.</summary>
    readonly ILogReader<OutputRoomEvent>? _local = provider.GetService<ILogReader<OutputRoomEvent>>();

    /// <summary>Waits, for a second at most, until the copy has all that was committed about a room.</summary>
    public Task With(RoomId roomId, CancellationToken cancel) => Wait([Partition.Of(roomId.Value, options.Bus.Partitions)], cancel);

    /// <summary>The same for all rooms.</summary>
    public Task WithAllRooms(CancellationToken cancel) => Wait([.. Enumerable.Range(0, options.Bus.Partitions)], cancel);

    async Task Wait(int[] partitions, CancellationToken cancel)
    {
        using var patience = new CancellationTokenSource(Patience, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancel, patience.Token);
        try
        {
            var heads = await Task.WhenAll(partitions.Select(partition => Head(partition, both.Token)));
            var pause = TimeSpan.FromMilliseconds(1);
            while ((await Sql.Rows(db, BehindSql, _ => true, both.Token, Source.Name, partitions, heads)).Count > 0)
            {
                await Task.Delay(pause, clock, both.Token);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            log.Behind();
        }
        catch (RefusedException)
        {
            log.Behind();
        }
    }

    async Task<long> Head(int partition, CancellationToken cancel)
    {
        if (_local is not null)
            return await _local.Head(partition, cancel);
        var query = new QueryLog { Log = Source.Name, Producer = Source.Producer, Partition = partition, After = 0, Limit = 0 };
        return (await calls.Ask(query, cancel)).Head;
    }
}
