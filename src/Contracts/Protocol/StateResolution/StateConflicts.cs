using System.Runtime.InteropServices;

namespace Matrix.Bus.Protocol;

/// <summary>The unconflicted state map and the conflicted state set of some states (from room version 2 on).</summary>
/// <param name="Unconflicted">What every state says alike.</param>
/// <param name="Conflicted">Every event that some state has in a slot that another state fills otherwise or not at all.</param>
sealed record StateConflicts(Dictionary<StateSlot, EventId> Unconflicted, HashSet<EventId> Conflicted)
{
    public static StateConflicts Find(IReadOnlyList<IReadOnlyDictionary<StateSlot, EventId>> stateSets)
    {
        var agreement = new Dictionary<StateSlot, (EventId Id, int Votes)>(stateSets[0].Count);
        foreach (var set in stateSets)
        {
            foreach (var (slot, id) in set)
            {
                ref var entry = ref CollectionsMarshal.GetValueRefOrAddDefault(agreement, slot, out var known);
                if (!known)
                    entry = (id, 1);
                else if (entry.Id == id)
                    entry.Votes++;
            }
        }

        var unconflicted = new Dictionary<StateSlot, EventId>(agreement.Count);
        foreach (var (slot, entry) in agreement)
        {
            if (entry.Votes == stateSets.Count)
                unconflicted.Add(slot, entry.Id);
        }
        var conflicted = new HashSet<EventId>();
        foreach (var set in stateSets)
        {
            foreach (var (slot, id) in set)
            {
                if (!unconflicted.ContainsKey(slot))
                    conflicted.Add(id);
            }
        }
        return new StateConflicts(unconflicted, conflicted);
    }
}
