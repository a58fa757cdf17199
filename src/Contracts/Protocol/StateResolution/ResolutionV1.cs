using System.Security.Cryptography;
using System.Text;

namespace Matrix.Bus.Protocol;

/// <summary>State resolution of room version 1.</summary>
sealed class ResolutionV1(IEventGraph graph, Dictionary<StateSlot, EventId> resolved)
{
    readonly ParsedEvents events = new(RoomVersion.Of(1), graph);

    public static IReadOnlyDictionary<StateSlot, EventId> Resolve(IReadOnlyList<IReadOnlyDictionary<StateSlot, EventId>> stateSets, IEventGraph graph)
    {
        var candidates = new Dictionary<StateSlot, HashSet<EventId>>();
        foreach (var set in stateSets)
        {
            foreach (var (slot, id) in set)
            {
                if (!candidates.TryGetValue(slot, out var ids))
                    candidates[slot] = ids = [];
                ids.Add(id);
            }
        }

        var unconflicted = new Dictionary<StateSlot, EventId>();
        var conflicts = new Dictionary<StateSlot, List<Pdu>>();
        var resolution = new ResolutionV1(graph, unconflicted);
        foreach (var (slot, ids) in candidates)
        {
            if (ids.Count == 1)
                unconflicted.Add(slot, ids.First());
            else
                conflicts.Add(slot, resolution.EarliestFirst(ids));
        }
        resolution.Resolve(conflicts);
        return unconflicted;
    }

    void Resolve(Dictionary<StateSlot, List<Pdu>> conflicts)
    {
        Pass(EventTypes.PowerLevels, LastOfUnbroken);
        Pass(EventTypes.JoinRules, LastOfUnbroken);
        Pass(EventTypes.Member, LastOfUnbroken);
        Pass(null, NewestAllowed);

        void Pass(string? type, Func<StateSlot, List<Pdu>, EventId> choose)
        {
            // The choices of one pass do not see each other, or their order would matter.
            var chosen = new List<(StateSlot, EventId)>();
            foreach (var (slot, pdus) in conflicts)
            {
                if (pdus.Count > 0 && (type is null || slot.Type == type))
                    chosen.Add((slot, choose(slot, pdus)));
            }
            foreach (var (slot, id) in chosen)
            {
                resolved[slot] = id;
                conflicts.Remove(slot);
            }
        }
    }

    /// <summary>The first event, and then each next one that is allowed with those before, up to the first that is not.</summary>
    EventId LastOfUnbroken(StateSlot slot, List<Pdu> pdus)
    {
        var last = pdus[0];
        foreach (var pdu in pdus.Skip(1))
        {
            if (!IsAllowed(pdu, slot, last))
                break;
            last = pdu;
        }
        return last.EventId;
    }

    /// <summary>The newest event that is allowed; if none is, the oldest.</summary>
    EventId NewestAllowed(StateSlot slot, List<Pdu> pdus)
    {
        for (var i = pdus.Count - 1; i > 0; i--)
        {
            if (IsAllowed(pdus[i], slot, null))
                return pdus[i].EventId;
        }
        return pdus[0].EventId;
    }

    bool IsAllowed(Pdu pdu, StateSlot slot, Pdu? inSlot) => AuthRules.Check(pdu, new Overlay(events, resolved, slot, inSlot)).Allowed;

    List<Pdu> EarliestFirst(IEnumerable<EventId> ids)
    {
        var known = new List<(long Depth, string Hash, Pdu Pdu)>();
        foreach (var id in ids)
        {
            if (events.Find(id) is { } pdu)
                known.Add((pdu.Depth, Sha1(id), pdu));
        }
        known.Sort(static (x, y) => x.Depth != y.Depth ? x.Depth.CompareTo(y.Depth) : string.CompareOrdinal(y.Hash, x.Hash));
        return known.ConvertAll(entry => entry.Pdu);
    }

#pragma warning disable CA5350 // The room version orders events by this hash; nothing is kept safe by it.
    static string Sha1(EventId id) => Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(id.Value)));
#pragma warning restore CA5350

    /// <summary>The state resolved so far, with one slot filled otherwise.</summary>
    sealed class Overlay(ParsedEvents events, Dictionary<StateSlot, EventId> state, StateSlot slot, Pdu? inSlot) : IAuthContext
    {
        public RoomCreation? Creation => Find(StateSlot.Create) is { } create ? events.Creation(create) : null;

        public PowerLevels PowerLevels => events.Levels(Find(StateSlot.PowerLevels), Creation);

        public string JoinRule => AuthContext.JoinRuleOf(Find(StateSlot.JoinRules));

        public Membership MembershipOf(string user) => Memberships.Of(Find(new StateSlot(EventTypes.Member, user)));

        public Pdu? ThirdPartyInvite(string token) => Find(new StateSlot(EventTypes.ThirdPartyInvite, token));

        Pdu? Find(StateSlot wanted) => wanted == slot && inSlot is not null ? inSlot : state.TryGetValue(wanted, out var id) ? events.Find(id) : null;
    }
}
