using Matrix.Bus.Sync.Live;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Matrix.Bus.Sync.Workers;

/// <summary>Looks now and then whether the stream has moved: whoever misses the news of another host is late, not stuck.</summary>
sealed class StreamWatch(LiveStream live, TimeProvider clock, ILogger<StreamWatch> log) : BackgroundService
{
    static readonly TimeSpan Every = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, clock);
        while (await Next(timer, stoppingToken))
        {
            if (live.Head < 0)
                continue;
            try
            {
                await live.CatchUp(stoppingToken);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                log.FeedFailed(exception);
            }
        }
    }

    static async Task<bool> Next(PeriodicTimer timer, CancellationToken cancel)
    {
        try
        {
            return await timer.WaitForNextTickAsync(cancel);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
