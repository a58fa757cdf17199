namespace Matrix.Bus.Protocol;

/// <summary>Events numbered as given, with their known previous events, and an order in which previous and auth events come
/// first, so that whoever judges an event has judged what it rests on.</summary>
sealed class DagOrder
{
    readonly int[][] previous;

    public DagOrder(Pdu[] pdus)
    {
        var numbers = new Dictionary<EventId, int>(pdus.Length);
        for (var n = 0; n < pdus.Length; n++)
            numbers.Add(pdus[n].EventId, n);
        previous = Array.ConvertAll(pdus, pdu => Known(pdu.PrevEvents));
        Sorted = Sort(Array.ConvertAll(pdus, pdu => Known(pdu.PrevEvents.Concat(pdu.AuthEvents))));

        int[] Known(IEnumerable<EventId> ids) => ids.Distinct().Where(numbers.ContainsKey).Select(id => numbers[id]).ToArray();
    }

    /// <summary>The events, each behind its previous and auth events; without those on or behind a cycle.</summary>
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

    static List<int> Sort(int[][] required)
    {
        var waiting = new int[required.Length];
        var dependents = new List<int>?[required.Length];
        for (var n = 0; n < required.Length; n++)
        {
            waiting[n] = required[n].Length;
            foreach (var first in required[n])
                (dependents[first] ??= []).Add(n);
        }
        var sorted = new List<int>(required.Length);
        for (var n = 0; n < required.Length; n++)
        {
            if (waiting[n] == 0)
                sorted.Add(n);
        }
        for (var i = 0; i < sorted.Count; i++)
        {
            foreach (var dependent in dependents[sorted[i]] ?? [])
            {
                if (--waiting[dependent] == 0)
                    sorted.Add(dependent);
            }
        }
        return sorted;
    }
}
