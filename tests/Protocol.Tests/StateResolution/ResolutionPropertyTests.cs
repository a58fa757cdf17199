using System.Text;

namespace Matrix.Bus.Protocol.Tests.StateResolution;

public sealed class ResolutionPropertyTests
{
    [Fact]
    public void Resolving_a_state_with_itself_changes_nothing() => Seeds.Hold(seed =>
    {
        var history = new RandomHistory(seed, 40);
        var graph = new EventGraph(history.Events);
        var state = StateResolver.Resolve(history.Version, history.States(3), graph);

        var again = StateResolver.Resolve(history.Version, [new Dictionary<StateSlot, EventId>(state), new Dictionary<StateSlot, EventId>(state)], graph);

        Assert.Equal(Text(state), Text(again));
    }, 150);

    [Fact]
    public void The_order_of_the_states_and_their_repeats_make_no_difference() => Seeds.Hold(seed =>
    {
        var history = new RandomHistory(seed, 40);
        var states = history.States(4);
        var expected = Text(StateResolver.Resolve(history.Version, states, new EventGraph(history.Events)));
        var random = new Random(seed);

        var shuffled = states.Concat(states.Select(state => new Dictionary<StateSlot, EventId>(state.Reverse()))).ToArray();
        random.Shuffle(shuffled);
        var events = history.Events.ToArray();
        random.Shuffle(events);

        Assert.Equal(expected, Text(StateResolver.Resolve(history.Version, shuffled, new EventGraph(events))));
    }, 150);

    [Fact]
    public void The_order_in_which_events_are_listed_makes_no_difference_to_a_replay() => Seeds.Hold(seed =>
    {
        var history = new RandomHistory(seed, 60, hostile: seed % 3 == 0);
        var expected = DagReplay.Run(history.Version, history.Events);
        var events = history.Events.ToArray();
        new Random(seed).Shuffle(events);

        var replay = DagReplay.Run(history.Version, events);

        Assert.Equal(Text(expected.State), Text(replay.State));
        Assert.Equal(expected.ForwardExtremities, replay.ForwardExtremities);
        Assert.Equal(expected.Rejected.OrderBy(entry => entry.Key), replay.Rejected.OrderBy(entry => entry.Key));
    }, 150);

    [Fact]
    public void Two_servers_that_hear_of_events_in_different_orders_agree() => Seeds.Hold(seed =>
    {
        var history = new RandomHistory(seed, 60);
        var one = new ListeningServer(history.Version);
        var two = new ListeningServer(history.Version);
        one.Hear(history.Events);
        two.Hear(AnotherOrder(history.Events, new Random(seed)));

        Assert.Equal(one.Current(), two.Current());
        Assert.Equal(one.Current(), Text(DagReplay.Run(history.Version, history.Events).State));
    }, 150);

    [Fact]
    public void Hostile_events_never_make_it_throw() => Seeds.Hold(seed =>
    {
        var history = new RandomHistory(seed, 50, hostile: true);
        var replay = DagReplay.Run(history.Version, history.Events);
        Assert.All(replay.State, entry => Assert.Contains(history.Events, pdu => pdu.EventId == entry.Value && pdu.IsStateOf(entry.Key.Type, entry.Key.StateKey)));
        Assert.NotNull(StateResolver.Resolve(history.Version, history.States(5), new EventGraph(history.Events)));
        foreach (var version in RoomVersion.Known.Values)
            Assert.NotNull(StateResolver.Resolve(version, history.States(3), new EventGraph(history.Events)));
    }, 150);

    [Fact]
    public void Auth_difference_and_subgraph_are_what_the_definitions_say() => Seeds.Hold(seed =>
    {
        var history = new RandomHistory(seed, 50, hostile: seed % 2 == 0);
        IEventGraph graph = new EventGraph(history.Events);
        var states = history.States(seed % 3 == 0 ? 70 : 3);

        var chains = states.ConvertAll(state => state.Values.Aggregate(new HashSet<EventId>(), (all, id) => [.. all, .. Reachable(graph, id)]));
        var expected = chains.SelectMany(chain => chain).Where(id => !chains.TrueForAll(chain => chain.Contains(id))).ToHashSet();
        Assert.Equal(expected.Order(), graph.AuthDifference(states).Order());

        var conflicted = states.SelectMany(state => state.Values).Where((_, n) => n % 5 == 0).ToHashSet();
        var subgraph = conflicted.SelectMany(id => Reachable(graph, id)).Distinct().Where(id => Reachable(graph, id).Overlaps(conflicted));
        Assert.Equal(subgraph.Order(), graph.ConflictedSubgraph(conflicted).Order());
    }, 60);

    static HashSet<EventId> Reachable(IEventGraph graph, EventId from)
    {
        HashSet<EventId> seen = [from];
        var pending = new Queue<EventId>(seen);
        while (pending.TryDequeue(out var id))
        {
            foreach (var auth in graph.Find(id)?.AuthEvents ?? [])
            {
                if (seen.Add(auth))
                    pending.Enqueue(auth);
            }
        }
        return seen;
    }

    static List<Pdu> AnotherOrder(List<Pdu> events, Random random)
    {
        var left = events.ToList();
        var heard = new List<Pdu>();
        while (left.Count > 0)
        {
            var ready = left.Where(pdu => pdu.PrevEvents.All(id => heard.Exists(other => other.EventId == id))).ToList();
            var next = ready[random.Next(ready.Count)];
            heard.Add(next);
            left.Remove(next);
        }
        return heard;
    }

    static string Text(IReadOnlyDictionary<StateSlot, EventId> state)
    {
        var text = new StringBuilder();
        foreach (var (slot, id) in state.OrderBy(entry => entry.Key.Type, StringComparer.Ordinal).ThenBy(entry => entry.Key.StateKey, StringComparer.Ordinal))
            text.Append(slot.Type).Append(' ').Append(slot.StateKey).Append(' ').Append(id.Value).Append('\n');
        return text.ToString();
    }

    /// <summary>Knows only what it heard so far, and decides on each event when it hears of it.</summary>
    sealed class ListeningServer(RoomVersion version) : IEventGraph
    {
        readonly Dictionary<EventId, Pdu> heard = [];
        readonly HashSet<EventId> rejected = [];
        readonly HashSet<EventId> extremities = [];
        readonly Dictionary<EventId, IReadOnlyDictionary<StateSlot, EventId>> after = [];

        public Pdu? Find(EventId id) => heard.GetValueOrDefault(id);

        public bool IsRejected(EventId id) => rejected.Contains(id);

        public string Current() => Text(Resolve(extremities));

        public void Hear(IEnumerable<Pdu> events)
        {
            foreach (var pdu in events)
            {
                heard.Add(pdu.EventId, pdu);
                var before = Resolve(pdu.PrevEvents);
                var byAuthEvents = pdu.AuthEvents.Select(id => heard[id]).ToDictionary(auth => StateSlot.Of(auth)!.Value, auth => auth.EventId);
                var allowed = AuthRules.CheckAuthEvents(pdu, Find, IsRejected).Allowed && IsAllowed(pdu, byAuthEvents) && IsAllowed(pdu, before);
                after[pdu.EventId] = allowed && StateSlot.Of(pdu) is { } slot ? new Dictionary<StateSlot, EventId>(before) { [slot] = pdu.EventId } : before;
                if (!allowed)
                {
                    rejected.Add(pdu.EventId);
                    continue;
                }
                extremities.ExceptWith(pdu.PrevEvents);
                extremities.Add(pdu.EventId);
            }
        }

        bool IsAllowed(Pdu pdu, IReadOnlyDictionary<StateSlot, EventId> state) => AuthRules.Check(pdu, slot =>
            state.TryGetValue(slot, out var id) ? Find(id)
            : slot == StateSlot.Create && version.RoomIdIsCreateHash ? Find(EventId.Parse("$" + pdu.RoomId.Value[1..]))
            : null).Allowed;

        IReadOnlyDictionary<StateSlot, EventId> Resolve(IEnumerable<EventId> ids) => StateResolver.Resolve(version, [.. ids.Select(id => after[id])], this);
    }
}
