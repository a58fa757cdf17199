using System.Reflection;
using Matrix.Bus.Messages;
using Microsoft.Extensions.DependencyInjection;

namespace Matrix.Bus.Foundation;

/// <summary>What a log is called and who writes it, read once from its entry type.</summary>
static class LogOf<TEntry>
    where TEntry : class, ILogEntry
{
    static readonly LogAttribute Attribute = typeof(TEntry).GetCustomAttribute<LogAttribute>()
        ?? throw new InvalidOperationException($"{typeof(TEntry).Name} does not name its log.");

    public static string Name => Attribute.Name;

    public static string Producer => Attribute.Producer;
}

/// <summary>Visits log registrations with their types.</summary>
interface ILogVisitor
{
    void VisitProducer<TEntry>(string component)
        where TEntry : class, ILogEntry;

    void VisitConsumer<TEntry, TConsumer>(string component)
        where TEntry : class, ILogEntry
        where TConsumer : class, ILogConsumer<TEntry>;
}

abstract class LogProducerRegistration(string component, string log)
{
    public string Component { get; } = component;

    public string Log { get; } = log;

    public abstract void Accept(ILogVisitor visitor);

    /// <summary>Reads a page for a consumer elsewhere.</summary>
    public abstract Task<LogPage> Read(IServiceProvider provider, QueryLog query, CancellationToken cancel);
}

sealed class LogProducerRegistration<TEntry>(string component) : LogProducerRegistration(component, LogOf<TEntry>.Name)
    where TEntry : class, ILogEntry
{
    public override void Accept(ILogVisitor visitor) => visitor.VisitProducer<TEntry>(Component);

    public override async Task<LogPage> Read(IServiceProvider provider, QueryLog query, CancellationToken cancel)
    {
        var reader = provider.GetRequiredService<ILogReader<TEntry>>();
        // The head first: an entry that commits in between is then merely not counted yet, never skipped.
        var head = await reader.Head(query.Partition, cancel);
        var entries = query.Limit == 0 ? [] : await reader.Read(query.Partition, query.After, Math.Min(query.Limit, 1000), cancel);
        return new LogPage { Head = head, Entries = [.. entries.Select(entry => BusJson.Write(entry))] };
    }
}

abstract class LogConsumerRegistration(string component)
{
    public string Component { get; } = component;

    public abstract void Accept(ILogVisitor visitor);
}

sealed class LogConsumerRegistration<TEntry, TConsumer>(string component) : LogConsumerRegistration(component)
    where TEntry : class, ILogEntry
    where TConsumer : class, ILogConsumer<TEntry>
{
    public override void Accept(ILogVisitor visitor) => visitor.VisitConsumer<TEntry, TConsumer>(Component);
}
