namespace Matrix.Bus.Protocol;

/// <summary>The reverse topological power ordering, by Kahn's algorithm with a heap.</summary>
static class PowerOrdering
{
    /// <summary>Sorts from earliest to latest. Events on cycles of auth events authorise each other and are left out.</summary>
    public static List<Pdu> Sort(IReadOnlyCollection<Pdu> set, ParsedEvents events)
    {
        var pdus = set.ToArray();
        var numbers = new Dictionary<EventId, int>(pdus.Length);
        for (var n = 0; n < pdus.Length; n++)
            numbers.Add(pdus[n].EventId, n);

        var waiting = new int[pdus.Length];
        var dependents = new List<int>?[pdus.Length];
        for (var n = 0; n < pdus.Length; n++)
        {
            foreach (var id in pdus[n].AuthEvents)
            {
                if (!numbers.TryGetValue(id, out var auth))
                    continue;
                waiting[n]++;
                (dependents[auth] ??= []).Add(n);
            }
        }

        var ready = new PriorityQueue<int, Rank>(pdus.Length);
        for (var n = 0; n < pdus.Length; n++)
        {
            if (waiting[n] == 0)
                ready.Enqueue(n, RankOf(pdus[n], events));
        }
        var sorted = new List<Pdu>(pdus.Length);
        while (ready.TryDequeue(out var n, out _))
        {
            sorted.Add(pdus[n]);
            foreach (var dependent in dependents[n] ?? [])
            {
                if (--waiting[dependent] == 0)
                    ready.Enqueue(dependent, RankOf(pdus[dependent], events));
            }
        }
        return sorted;
    }

    static Rank RankOf(Pdu pdu, ParsedEvents events)
    {
        var level = PowerLevels.LevelOf(events.Version, events.AuthEvent(pdu, StateSlot.PowerLevels), events.CreationFor(pdu), pdu.Sender.Value);
        return new Rank(level, pdu.OriginServerTs, pdu.EventId);
    }

    /// <summary>More power first, then the earlier, then the smaller id.</summary>
    readonly record struct Rank(long Level, long Time, EventId Id) : IComparable<Rank>
    {
        public int CompareTo(Rank other)
        {
            var order = other.Level.CompareTo(Level);
            if (order == 0)
                order = Time.CompareTo(other.Time);
            return order != 0 ? order : Id.CompareTo(other.Id);
        }
    }
}
