using Matrix.Bus.Protocol;

namespace Matrix.Bus.Messages;

/// <summary>Reads a log again from a position: how a consumer closes a gap or catches up. Answered by the log's producer.</summary>
public sealed record QueryLog : IQuery<LogPage>
{
    /// <summary>The log's name, <see cref="LogAttribute.Name"/>.</summary>
    public required string Log { get; init; }

    /// <summary>The component that answers: the log's producer.</summary>
    public required string Producer { get; init; }

    /// <summary>The partition.</summary>
    public required int Partition { get; init; }

    /// <summary>The position after which to read; 0 for the beginning.</summary>
    public required long After { get; init; }

    /// <summary>At most this many entries, 0 to ask for the head alone.</summary>
    public required int Limit { get; init; }
}

/// <summary>Entries of one partition, in order, without a gap.</summary>
public sealed record LogPage
{
    /// <summary>Each a <see cref="Logged{TEntry}"/> as JSON.</summary>
    public required IReadOnlyList<RawJson> Entries { get; init; }

    /// <summary>The newest committed position of the partition.</summary>
    public required long Head { get; init; }
}
