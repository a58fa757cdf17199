using Matrix.Bus.Protocol;

namespace Matrix.Bus.Foundation;

/// <summary>An entry that could not be handled, as it is kept.</summary>
sealed record ParkedEntry(int Partition, long Position, string Key, RawJson Body);

/// <summary>The keys whose entries wait behind a parked one.</summary>
sealed class StuckKeys(IEnumerable<string> keys)
{
    readonly HashSet<string> _keys = [.. keys];

    public bool Any => _keys.Count > 0;

    public bool Has(string key) => _keys.Contains(key);

    public void Add(string key) => _keys.Add(key);
}

/// <summary>Keeps poisoned entries with their cause until an operator retries or discards them.</summary>
interface IParkedEntries
{
    Task<StuckKeys> Keys(string consumer, string log, int partition, CancellationToken cancel);

    Task Park(string consumer, string log, IReadOnlyList<ParkedEntry> entries, Exception? cause, CancellationToken cancel);
}
