namespace Matrix.Bus.RoomServer;

/// <summary>
/// The auth graph of a room as numbers: its state events in the order they were stored, each with its auth events. An event is
/// stored after its auth events, so their numbers are smaller, and one sweep from the top sees every event before what it rests on.
/// </summary>
sealed class AuthEdges
{
    readonly long[] _nids;
    readonly int[] _offsets;
    readonly int[] _targets;

    /// <summary>Of events in rising order of their numbers.</summary>
    public AuthEdges(IReadOnlyList<(long Nid, long[] Auth)> events)
    {
        _nids = [.. events.Select(each => each.Nid)];
        _offsets = new int[_nids.Length + 1];
        var targets = new List<int>();
        for (var i = 0; i < _nids.Length; i++)
        {
            foreach (var auth in events[i].Auth)
            {
                if (Array.BinarySearch(_nids, auth) is >= 0 and var at && at < i)
                    targets.Add(at);
            }
            _offsets[i + 1] = targets.Count;
        }
        _targets = [.. targets];
    }

    /// <summary>The events in the auth chains of some of these states and not of all; the states' own events count in.</summary>
    public List<long> Difference(IReadOnlyList<IReadOnlyCollection<long>> states)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(states.Count, 64);
        var all = states.Count == 64 ? ulong.MaxValue : (1UL << states.Count) - 1;
        var inStates = new ulong[_nids.Length];
        for (var i = 0; i < states.Count; i++)
        {
            foreach (var nid in states[i])
            {
                if (Array.BinarySearch(_nids, nid) is >= 0 and var at)
                    inStates[at] |= 1UL << i;
            }
        }
        var difference = new List<long>();
        for (var i = _nids.Length - 1; i >= 0; i--)
        {
            if (inStates[i] == 0)
                continue;
            foreach (var target in Targets(i))
                inStates[target] |= inStates[i];
            if (inStates[i] != all)
                difference.Add(_nids[i]);
        }
        return difference;
    }

    /// <summary>The events on a path from one of these to another, the ends included (room version 12's conflicted subgraph).</summary>
    public List<long> Between(IReadOnlyCollection<long> conflicted)
    {
        var below = Below(conflicted);
        var above = new bool[_nids.Length];
        var ends = conflicted.ToHashSet();
        var between = new List<long>();
        for (var i = 0; i < _nids.Length; i++)
        {
            above[i] = ends.Contains(_nids[i]);
            foreach (var target in Targets(i))
                above[i] |= above[target];
            if (above[i] && below[i])
                between.Add(_nids[i]);
        }
        return between;
    }

    /// <summary>These events and their auth chains.</summary>
    public List<long> Closure(IReadOnlyCollection<long> from)
    {
        var below = Below(from);
        var closure = new List<long>();
        for (var i = 0; i < below.Length; i++)
        {
            if (below[i])
                closure.Add(_nids[i]);
        }
        return closure;
    }

    bool[] Below(IReadOnlyCollection<long> from)
    {
        var below = new bool[_nids.Length];
        foreach (var nid in from)
        {
            if (Array.BinarySearch(_nids, nid) is >= 0 and var at)
                below[at] = true;
        }
        for (var i = _nids.Length - 1; i >= 0; i--)
        {
            if (!below[i])
                continue;
            foreach (var target in Targets(i))
                below[target] = true;
        }
        return below;
    }

    ReadOnlySpan<int> Targets(int i) => _targets.AsSpan(_offsets[i].._offsets[i + 1]);
}
