using MassTransit;
using Matrix.Bus.Messages;
using Microsoft.Extensions.Logging;

namespace Matrix.Bus.Foundation;

/// <summary>Publishes committed entries to the log's direct exchange, in order, many in flight.</summary>
/// <remarks>Nobody waits for the broker's confirmation: an announcement that is lost shows as a gap at the consumer, which then
/// reads the log, and a consumer asks for the head when it hears nothing for a while.</remarks>
sealed class RabbitMqAnnounce<TEntry>(IBus bus, ILogger<RabbitMqAnnounce<TEntry>> log) : IAnnounce<TEntry>
    where TEntry : class, ILogEntry
{
    /// <summary>More than this in flight means that the broker is away: announcing more would only fill memory.</summary>
    const int MaxInFlight = 10_000;

    int _inFlight;

    public void Announce(IReadOnlyList<Logged<TEntry>> entries)
    {
        foreach (var entry in entries)
        {
            if (Interlocked.Increment(ref _inFlight) > MaxInFlight)
            {
                Interlocked.Decrement(ref _inFlight);
                return;
            }
            _ = Publish(entry);
        }
    }

    async Task Publish(Logged<TEntry> entry)
    {
        try
        {
            await bus.Publish(entry);
        }
        catch (Exception exception)
        {
            log.AnnounceFailed(LogOf<TEntry>.Name, entry.Partition, entry.Position, exception.Message);
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
        }
    }
}
