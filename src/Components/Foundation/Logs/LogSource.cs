using Matrix.Bus.Messages;
using Microsoft.Extensions.DependencyInjection;

namespace Matrix.Bus.Foundation;

/// <summary>Where a consumer reads a log again: from the producer's reader if it is in this process, else by a call.</summary>
sealed class LogSource<TEntry>(IServiceProvider provider, ICalls calls)
    where TEntry : class, ILogEntry
{
    readonly ILogReader<TEntry>? _local = provider.GetService<ILogReader<TEntry>>();

    public async Task<IReadOnlyList<Logged<TEntry>>> Read(int partition, long after, int limit, CancellationToken cancel)
    {
        if (_local is not null)
            return await _local.Read(partition, after, limit, cancel);
        var query = new QueryLog { Log = LogOf<TEntry>.Name, Producer = LogOf<TEntry>.Producer, Partition = partition, After = after, Limit = limit };
        var page = await calls.Ask(query, cancel);
        return [.. page.Entries.Select(BusJson.Read<Logged<TEntry>>)];
    }
}

/// <summary>Answers <see cref="QueryLog"/> for every log that this process' components produce.</summary>
sealed class QueryLogHandler(IServiceProvider provider, IEnumerable<LogProducerRegistration> logs) : ICallHandler<QueryLog, LogPage>
{
    readonly Dictionary<string, LogProducerRegistration> _logs = logs.ToDictionary(log => log.Log);

    public Task<LogPage> Handle(QueryLog query, CancellationToken cancel) =>
        _logs.TryGetValue(query.Log, out var log)
            ? log.Read(provider, query, cancel)
            : throw new RefusedException(404, "M_NOT_FOUND", $"This process does not write the log '{query.Log}'.");
}
