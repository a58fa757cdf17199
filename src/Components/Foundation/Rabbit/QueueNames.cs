using System.Globalization;

namespace Matrix.Bus.Foundation;

/// <summary>What our exchanges and queues are called; everything stands under one prefix, so that a shared broker stays readable.</summary>
sealed class QueueNames(string prefix)
{
    /// <summary>The log's table is the truth: a queue of announcements that nobody reads must not fill the broker.</summary>
    public const int MaxLogQueueLength = 20_000;

    public string Prefix { get; } = prefix;

    /// <summary>Where a component hears calls, whichever of its hosts answers.</summary>
    public string Calls(string component) => $"{Prefix}.call.{component}";

    /// <summary>Where the owner of a partition hears calls about its rooms.</summary>
    public string PartitionCalls(string component, int partition) => $"{Prefix}.call.{component}.{Number(partition)}";

    /// <summary>The direct exchange of a log; the routing key is the partition.</summary>
    public string Log(string log) => $"{Prefix}.log.{log}";

    /// <summary>One consumer's queue of one partition of a log.</summary>
    public string LogQueue(string log, string consumer, int partition) => $"{Prefix}.log.{log}.{consumer}.{Number(partition)}";

    /// <summary>A queue that lives as long as a host: answers to its calls, broadcasts to it.</summary>
    public string Host(HostIdentity host, string purpose) => $"{Prefix}.host.{host.Id}.{purpose}";

    /// <summary>The routing key of a partition.</summary>
    public static string Number(int partition) => partition.ToString("00", CultureInfo.InvariantCulture);
}
