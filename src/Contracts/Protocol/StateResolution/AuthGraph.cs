using System.Runtime.InteropServices;

namespace Matrix.Bus.Protocol;

/// <summary>
/// A part of a room's auth graph as integers: event n has the auth events <c>targets[offsets[n]..offsets[n + 1]]</c>.
/// Everything here takes time in proportion to events and edges, without recursion, and ends on cycles too (where event ids
/// are given and not computed, an enemy can make them).
/// </summary>
public sealed class AuthGraph
{
    readonly Dictionary<EventId, int> numbers = [];
    readonly List<EventId> ids = [];
    readonly List<int> offsets = [0];
    readonly List<int> targets = [];

    AuthGraph()
    {
    }

    /// <summary>How many events it holds.</summary>
    public int Count => ids.Count;

    /// <summary>Loads the events and their whole auth chains. Events that are not known have no auth events.</summary>
    public static AuthGraph Load(IEventGraph events, IEnumerable<EventId> from)
    {
        var graph = new AuthGraph();
        foreach (var id in from)
            graph.NumberOf(id);
        for (var next = 0; next < graph.ids.Count; next++)
        {
            if (events.Find(graph.ids[next]) is { } pdu)
            {
                foreach (var id in pdu.AuthEvents)
                    graph.targets.Add(graph.NumberOf(id));
            }
            graph.offsets.Add(graph.targets.Count);
        }
        return graph;
    }

    /// <inheritdoc cref="IEventGraph.AuthDifference"/>
    public IReadOnlyCollection<EventId> AuthDifference(IReadOnlyList<IReadOnlyDictionary<StateSlot, EventId>> stateSets)
    {
        var order = ChildrenFirst(out var acyclic);
        var inSome = new bool[Count];
        var inAll = new bool[Count];
        Array.Fill(inAll, true);

        // One bit a state, 64 states a sweep: an event is in the chains of all states that its children are in.
        var states = new ulong[Count];
        for (var first = 0; first < stateSets.Count; first += 64)
        {
            var width = Math.Min(64, stateSets.Count - first);
            Array.Clear(states);
            for (var i = 0; i < width; i++)
            {
                foreach (var id in stateSets[first + i].Values)
                    states[numbers[id]] |= 1UL << i;
            }
            Spread(states, order, acyclic);

            var all = width == 64 ? ulong.MaxValue : (1UL << width) - 1;
            for (var n = 0; n < Count; n++)
            {
                inSome[n] |= states[n] != 0;
                inAll[n] &= states[n] == all;
            }
        }

        var difference = new List<EventId>();
        for (var n = 0; n < Count; n++)
        {
            if (inSome[n] && !inAll[n])
                difference.Add(ids[n]);
        }
        return difference;
    }

    /// <inheritdoc cref="IEventGraph.ConflictedSubgraph"/>
    public IReadOnlyCollection<EventId> ConflictedSubgraph(IReadOnlyCollection<EventId> conflicted)
    {
        var below = new bool[Count];
        var pending = new Stack<int>();
        foreach (var id in conflicted)
            Visit(numbers[id], below, pending);
        while (pending.TryPop(out var n))
        {
            foreach (var target in TargetsOf(n))
                Visit(target, below, pending);
        }

        var (sourceOffsets, sources) = Reversed();
        var above = new bool[Count];
        foreach (var id in conflicted)
            Visit(numbers[id], above, pending);
        while (pending.TryPop(out var n))
        {
            for (var i = sourceOffsets[n]; i < sourceOffsets[n + 1]; i++)
            {
                if (below[sources[i]])
                    Visit(sources[i], above, pending);
            }
        }

        var subgraph = new List<EventId>();
        for (var n = 0; n < Count; n++)
        {
            if (below[n] && above[n])
                subgraph.Add(ids[n]);
        }
        return subgraph;
    }

    static void Visit(int n, bool[] visited, Stack<int> pending)
    {
        if (visited[n])
            return;
        visited[n] = true;
        pending.Push(n);
    }

    void Spread(ulong[] states, int[] order, int acyclic)
    {
        for (var i = 0; i < acyclic; i++)
        {
            foreach (var target in TargetsOf(order[i]))
                states[target] |= states[order[i]];
        }
        if (acyclic == Count)
            return;

        // On and below cycles no order exists: repeat where something changed; a bit is set once, so this ends.
        var pending = new Queue<int>();
        for (var i = acyclic; i < Count; i++)
            pending.Enqueue(order[i]);
        while (pending.TryDequeue(out var n))
        {
            foreach (var target in TargetsOf(n))
            {
                if ((states[n] & ~states[target]) == 0)
                    continue;
                states[target] |= states[n];
                pending.Enqueue(target);
            }
        }
    }

    /// <summary>The events so that each comes before its auth events, as far as cycles let; the rest behind.</summary>
    int[] ChildrenFirst(out int acyclic)
    {
        var waiting = new int[Count];
        foreach (var target in CollectionsMarshal.AsSpan(targets))
            waiting[target]++;
        var order = new int[Count];
        var end = 0;
        for (var n = 0; n < Count; n++)
        {
            if (waiting[n] == 0)
                order[end++] = n;
        }
        for (var i = 0; i < end; i++)
        {
            foreach (var target in TargetsOf(order[i]))
            {
                if (--waiting[target] == 0)
                    order[end++] = target;
            }
        }
        acyclic = end;
        for (var n = 0; n < Count; n++)
        {
            if (waiting[n] > 0)
                order[end++] = n;
        }
        return order;
    }

    (int[] Offsets, int[] Sources) Reversed()
    {
        var starts = new int[Count + 1];
        foreach (var target in CollectionsMarshal.AsSpan(targets))
            starts[target + 1]++;
        for (var n = 0; n < Count; n++)
            starts[n + 1] += starts[n];
        var sources = new int[targets.Count];
        var next = starts.ToArray();
        for (var n = 0; n < Count; n++)
        {
            foreach (var target in TargetsOf(n))
                sources[next[target]++] = n;
        }
        return (starts, sources);
    }

    ReadOnlySpan<int> TargetsOf(int n) => CollectionsMarshal.AsSpan(targets)[offsets[n]..offsets[n + 1]];

    int NumberOf(EventId id)
    {
        ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(numbers, id, out var known);
        if (!known)
        {
            number = ids.Count;
            ids.Add(id);
        }
        return number;
    }
}
