namespace Matrix.Bus.Protocol;

/// <summary>
/// State resolution (spec, rooms/, "State resolution"): makes one state out of the states that the branches of a room's
/// history lead to. Pure and deterministic: neither the order of the states nor that of their entries matters. Takes time in
/// proportion to the states and the conflicted events with their auth chains.
/// </summary>
public static class StateResolver
{
    /// <summary>Resolves the states.</summary>
    /// <param name="version">The room's version, which says how: version 1, 2 to 11, or 12.</param>
    /// <param name="stateSets">The states, one for each branch.</param>
    /// <param name="graph">The events of the states and of their auth chains. What it does not know takes no part.</param>
    public static IReadOnlyDictionary<StateSlot, EventId> Resolve(
        RoomVersion version, IReadOnlyList<IReadOnlyDictionary<StateSlot, EventId>> stateSets, IEventGraph graph)
    {
        var distinct = stateSets.Distinct(ReferenceEqualityComparer.Instance).Cast<IReadOnlyDictionary<StateSlot, EventId>>().ToList();
        if (distinct.Count == 0)
            return new Dictionary<StateSlot, EventId>();
        if (distinct.Count == 1)
            return distinct[0];
        if (version.StateResolution == StateResolutionAlgorithm.V1)
            return ResolutionV1.Resolve(distinct, graph);

        var conflicts = StateConflicts.Find(distinct);
        return conflicts.Conflicted.Count == 0
            ? conflicts.Unconflicted
            : new ResolutionV2(version, graph).Resolve(conflicts, distinct);
    }
}
