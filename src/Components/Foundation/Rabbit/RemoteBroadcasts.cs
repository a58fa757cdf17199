using MassTransit;
using Matrix.Bus.Messages;
using Microsoft.Extensions.Logging;

namespace Matrix.Bus.Foundation;

/// <summary>Broadcasts to the other hosts: published without confirmation, heard from a temporary queue of each host.</summary>
sealed class RemoteBroadcasts(ICallBus bus, HostIdentity host, ILogger<RemoteBroadcasts> log) : IRemoteBroadcasts
{
    public const string From = "Matrix-Bus-Host";

    public void Tell<TBroadcast>(TBroadcast broadcast)
        where TBroadcast : class, IBroadcast =>
        _ = Publish(broadcast);

    async Task Publish<TBroadcast>(TBroadcast broadcast)
        where TBroadcast : class, IBroadcast
    {
        try
        {
            await bus.Publish(broadcast, context =>
            {
                context.Headers.Set(From, host.Id);
                context.Durable = false;
                context.TimeToLive = TimeSpan.FromSeconds(30);
            });
        }
        catch (Exception exception)
        {
            log.BroadcastFailed(typeof(TBroadcast).Name, exception);
        }
    }
}

/// <summary>Hears what another host told.</summary>
sealed class BroadcastConsumer<TBroadcast>(Broadcasts broadcasts, HostIdentity host) : IConsumer<TBroadcast>
    where TBroadcast : class, IBroadcast
{
    public Task Consume(ConsumeContext<TBroadcast> context)
    {
        // This host's handlers heard it when it was told.
        if (context.Headers.Get<string>(RemoteBroadcasts.From) != host.Id)
            broadcasts.HearHere(context.Message);
        return Task.CompletedTask;
    }
}
