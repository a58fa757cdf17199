using BenchmarkDotNet.Attributes;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.Benchmarks.Protocol;

/// <summary>Two branches that disagree on everything: time has to grow with the number of conflicted events, and no faster.</summary>
[MemoryDiagnoser]
public class StateResolutionBenchmarks
{
    readonly Dictionary<StateSlot, EventId>[] _states = [[], []];
    EventGraph _events = null!;

    [Params(1_000, 10_000, 40_000)]
    public int Conflicted { get; set; }

    [Params(11, 12)]
    public int RoomVersionNumber { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        var room = new Room(RoomVersion.Of(RoomVersionNumber));
        room.Open(members: 100);
        foreach (var state in _states)
        {
            state.Clear();
            foreach (var (slot, id) in room.State)
                state[slot] = id;
        }
        // Each branch sets the same slots to something of its own.
        for (var i = 0; i < Conflicted; i++)
        {
            var set = room.Append("org.example.thing", $"slot {i / 2}", $$"""{"branch":{{i % 2}}}""", enters: false);
            _states[i % 2][StateSlot.Of(set)!.Value] = set.EventId;
        }
        _events = new EventGraph(room.Events);
    }

    [Benchmark]
    public IReadOnlyDictionary<StateSlot, EventId> Resolve() => StateResolver.Resolve(RoomVersion.Of(RoomVersionNumber), _states, _events);
}
