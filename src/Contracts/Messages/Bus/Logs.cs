namespace Matrix.Bus.Messages;

/// <summary>What a log carries. The record itself is the wire format of the log's entries.</summary>
public interface ILogEntry
{
    /// <summary>What orders it: entries of one key are seen in one order by every consumer (a room id, a user id).</summary>
    string Key { get; }
}

/// <summary>An entry in its place: partition and position are given by the producer in the transaction of the fact.</summary>
/// <remarks>Positions of a partition are contiguous from 1 on, in commit order: a consumer that keeps one number per partition
/// sees every gap and every repeat.</remarks>
public sealed record Logged<TEntry>
    where TEntry : class, ILogEntry
{
    /// <summary>The partition of the key, 0 to N−1.</summary>
    public required int Partition { get; init; }

    /// <summary>Its place in the partition, from 1.</summary>
    public required long Position { get; init; }

    /// <summary>The fact.</summary>
    public required TEntry Entry { get; init; }

    /// <summary>W3C traceparent of what caused it.</summary>
    public string? Trace { get; init; }
}

/// <summary>Names a log's wire address and its producer.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class LogAttribute(string name, string producer) : Attribute
{
    /// <summary>Short kebab-case name; part of queue and exchange names.</summary>
    public string Name { get; } = name;

    /// <summary>The component that writes it, one of <see cref="ComponentNames"/>.</summary>
    public string Producer { get; } = producer;
}

/// <summary>Marks a broadcast: told to every host at once, kept nowhere. Whoever misses it must be no worse than late.</summary>
public interface IBroadcast;
