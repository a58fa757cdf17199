using Matrix.Bus.Messages;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Matrix.Bus.Foundation;

/// <summary>A handler of a broadcast in this process.</summary>
abstract class BroadcastRegistration(Type broadcast)
{
    public Type Broadcast { get; } = broadcast;

    public abstract void Hear(IServiceProvider provider, object broadcast);

    public abstract void Accept(IBroadcastVisitor visitor);
}

/// <summary>Visits broadcast registrations with their types.</summary>
interface IBroadcastVisitor
{
    void Visit<TBroadcast>()
        where TBroadcast : class, IBroadcast;
}

sealed class BroadcastRegistration<TBroadcast, THandler>() : BroadcastRegistration(typeof(TBroadcast))
    where TBroadcast : class, IBroadcast
    where THandler : class, IBroadcastHandler<TBroadcast>
{
    public override void Hear(IServiceProvider provider, object broadcast) =>
        provider.GetRequiredService<THandler>().Hear((TBroadcast)broadcast);

    public override void Accept(IBroadcastVisitor visitor) => visitor.Visit<TBroadcast>();
}

/// <summary>Tells the handlers of this process at once, and those of others by the bus if there is one.</summary>
sealed class Broadcasts(
    IServiceProvider provider, IEnumerable<BroadcastRegistration> handlers, ILogger<Broadcasts> log, IRemoteBroadcasts? remote = null) : IBroadcasts
{
    readonly ILookup<Type, BroadcastRegistration> _handlers = handlers.ToLookup(handler => handler.Broadcast);

    public void Tell<TBroadcast>(TBroadcast broadcast)
        where TBroadcast : class, IBroadcast
    {
        HearHere(broadcast);
        remote?.Tell(broadcast);
    }

    /// <summary>What another host told.</summary>
    public void HearHere<TBroadcast>(TBroadcast broadcast)
        where TBroadcast : class, IBroadcast
    {
        foreach (var handler in _handlers[typeof(TBroadcast)])
        {
            try
            {
                handler.Hear(provider, broadcast);
            }
            catch (Exception exception)
            {
                log.BroadcastFailed(typeof(TBroadcast).Name, exception);
            }
        }
    }
}

/// <summary>The road to other hosts.</summary>
interface IRemoteBroadcasts
{
    void Tell<TBroadcast>(TBroadcast broadcast)
        where TBroadcast : class, IBroadcast;
}
