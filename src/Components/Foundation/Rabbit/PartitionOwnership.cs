using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Matrix.Bus.Foundation;

/// <summary>
/// Shares partitions evenly between the live hosts of each group: lock, then attach. A host's session holds an advisory lock
/// per partition; the locks of a crashed host vanish with its socket, those of a frozen one when its session is ended.
/// </summary>
sealed class PartitionOwnership(
    IEnumerable<IOwnedPartitions> groups, PartitionCount partitions, DataSources databases, HostIdentity host, ILogger<PartitionOwnership> log)
    : IHostedLifecycleService
{
    readonly CancellationTokenSource _stop = new();
    Task _running = Task.CompletedTask;

    // After everything else has started: handlers may call one another as soon as they own something.
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        _running = Task.WhenAll(groups.Select(group =>
            new GroupMembership(group, partitions.Value, databases.ConnectionStringOf(group.Component), host, log).Run(_stop.Token)));
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        try
        {
            await _running.WaitAsync(cancellationToken);
            _stop.Dispose();
        }
        catch (OperationCanceledException)
        {
            // Something does not come to its end in time. The process ends all the same, and its locks with its sessions.
            log.DidNotLetGo();
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
