namespace Matrix.Bus.Protocol;

/// <summary>Events numbered as given, with their known previous events, and an order in which these come first.</summary>
sealed class PrevEventOrder
{
    readonly int[][] previous;

    public PrevEventOrder(Pdu[] pdus)
    {
        var numbers = new Dictionary<EventId, int>(pdus.Length);
        for (var n = 0; n < pdus.Length; n++)
            numbers.Add(pdus[n].EventId, n);
        previous = Array.ConvertAll(pdus, pdu => pdu.PrevEvents.Distinct().Where(numbers.ContainsKey).Select(id => numbers[id]).ToArray());
        Sorted = Sort();
    }

    /// <summary>The events, each behind its previous ones; without those on or behind a cycle.</summary>
    public IReadOnlyList<int> Sorted { get; }

    public ReadOnlySpan<int> PrevOf(int n) => previous[n];

    public int[] ChildCounts()
    {
        var counts = new int[previous.Length];
        foreach (var n in Sorted)
        {
            foreach (var prev in previous[n])
                counts[prev]++;
        }
        return counts;
    }

    List<int> Sort()
    {
        var waiting = new int[previous.Length];
        var children = new List<int>?[previous.Length];
        for (var n = 0; n < previous.Length; n++)
        {
            waiting[n] = previous[n].Length;
            foreach (var prev in previous[n])
                (children[prev] ??= []).Add(n);
        }
        var sorted = new List<int>(previous.Length);
        for (var n = 0; n < previous.Length; n++)
        {
            if (waiting[n] == 0)
                sorted.Add(n);
        }
        for (var i = 0; i < sorted.Count; i++)
        {
            foreach (var child in children[sorted[i]] ?? [])
            {
                if (--waiting[child] == 0)
                    sorted.Add(child);
            }
        }
        return sorted;
    }
}
