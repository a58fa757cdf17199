using Matrix.Bus.Sync.Domain;

namespace Matrix.Bus.Sync.Live;

/// <summary>Stream entries in ascending order, added at the end and forgotten from the front.</summary>
sealed class EntryQueue
{
    readonly List<StreamEntry> _entries = [];
    int _start;

    public int Count => _entries.Count - _start;

    public long Last => Count > 0 ? _entries[^1].Position : 0;

    public StreamEntry First => _entries[_start];

    public void Add(StreamEntry entry) => _entries.Add(entry);

    public void RemoveFirst()
    {
        _entries[_start++] = null!;
        if (_start > 64 && _start > _entries.Count / 2)
        {
            _entries.RemoveRange(0, _start);
            _start = 0;
        }
    }

    /// <summary>The entries after a position.</summary>
    public ReadOnlySpan<StreamEntry> Since(long position)
    {
        var entries = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_entries)[_start..];
        // A client is a few entries behind: looked for from the end.
        var from = entries.Length;
        while (from > 0 && entries[from - 1].Position > position)
            from--;
        return entries[from..];
    }
}
