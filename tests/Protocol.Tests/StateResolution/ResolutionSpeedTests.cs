using System.Diagnostics;
using System.Globalization;

namespace Matrix.Bus.Protocol.Tests.StateResolution;

/// <summary>State resolution takes time in proportion to what is in conflict. The bounds here leave a wide margin for busy
/// machines; the figures themselves are in the test output.</summary>
[Collection(nameof(ResolutionSpeedTests))]
public sealed class ResolutionSpeedTests
{
    const string Alice = RoomHistory.Alice;

    const int Runs = 4;

    /// <summary>Nothing else runs beside a measurement.</summary>
    [CollectionDefinition(nameof(ResolutionSpeedTests), DisableParallelization = true)]
    public sealed class Alone;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(10)]
    [InlineData(11)]
    [InlineData(12)]
    public void Ten_thousand_conflicted_events_take_less_than_a_second_and_twice_as_many_twice_as_long(int version)
    {
        Measure(version, 2_000, Mixed);
        var half = Measure(version, 5_000, Mixed);
        var full = Measure(version, 10_000, Mixed);
        var twice = Measure(version, 20_000, Mixed);

        Assert.InRange(full.TotalSeconds, 0, 3);
        // Four times as many; sixteen times as long if it were quadratic.
        Assert.InRange(twice.TotalSeconds, 0, 10 * Math.Max(half.TotalSeconds, 0.1));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(12)]
    public void Chains_of_fifty_thousand_power_levels_neither_overflow_nor_slow_down(int version) =>
        Assert.InRange(Measure(version, 100_000, Deep).TotalSeconds, 0, 20);

    [Theory]
    [InlineData(2)]
    [InlineData(12)]
    public void Ten_thousand_branches_are_resolved_at_once(int version)
    {
        var room = new RoomHistory(version);
        Start(room);
        var states = new List<IReadOnlyDictionary<StateSlot, EventId>>();
        for (var n = 0; n < 10_000; n++)
        {
            room.Topic($"topic{RoomHistory.Number(n)}", Alice, ["create", "alice", "levels"]);
            states.Add(room.State("create", "alice", "levels", "rules", $"topic{RoomHistory.Number(n)}"));
        }

        var watch = Stopwatch.StartNew();
        var state = StateResolver.Resolve(room.Version, states, room);
        Print(version, "10,000 branches", watch.Elapsed);

        Assert.Equal("$topic009999", state[new StateSlot("m.room.topic", "")].Value);
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 5);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(12)]
    public void A_room_of_fifty_thousand_events_in_a_row_is_replayed(int version)
    {
        var room = new RoomHistory(version);
        var last = "alice";
        for (var n = 0; n < 50_000; n++)
        {
            var id = $"topic{RoomHistory.Number(n)}";
            room.Add(id, Alice, "m.room.topic", "", "{}", ["create", "alice"], prev: [last]);
            last = id;
        }

        var watch = Stopwatch.StartNew();
        var replay = DagReplay.Run(room.Version, [.. room.Events]);
        Print(version, "50,000 events replayed", watch.Elapsed);

        Assert.Empty(replay.Rejected);
        Assert.Equal("$" + last, replay.State[new StateSlot("m.room.topic", "")].Value);
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 20);
    }

    [Fact]
    public void A_message_is_checked_in_about_a_microsecond_where_levels_and_membership_are_parsed()
    {
        var room = new RoomHistory(11);
        Start(room);
        var context = new AuthContext(room.Version, slot => room.State("create", "alice", "levels", "rules").TryGetValue(slot, out var id) ? room.Find(id) : null);
        var parsed = new ParsedRoom(context.Creation!, context.PowerLevels);
        var message = room.Add("message", Alice, "m.room.message", null, "{}", ["create", "alice", "levels"]);

        const int Times = 200_000;
        var allowed = 0;
        for (var n = 0; n < Times; n++)
            allowed += AuthRules.Check(message, parsed).Allowed ? 1 : 0;
        var watch = Stopwatch.StartNew();
        for (var n = 0; n < Times; n++)
            allowed += AuthRules.Check(message, parsed).Allowed ? 1 : 0;
        var each = watch.Elapsed / Times;
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"one message: {each.TotalNanoseconds:F0} ns"));

        Assert.Equal(2 * Times, allowed);
        Assert.InRange(each.TotalMicroseconds, 0, 10);
    }

    sealed class ParsedRoom(RoomCreation creation, PowerLevels levels) : IAuthContext
    {
        readonly Dictionary<string, Membership> members = new() { [Alice] = Membership.Join };

        public RoomCreation? Creation => creation;

        public PowerLevels PowerLevels => levels;

        public string JoinRule => "invite";

        public Membership MembershipOf(string user) => members.GetValueOrDefault(user);

        public Pdu? ThirdPartyInvite(string token) => null;
    }

    static TimeSpan Measure(int version, int conflicted, Action<RoomHistory, int, List<string>, List<string>> fill)
    {
        var room = new RoomHistory(version);
        Start(room);
        List<string> left = ["create", "alice"];
        List<string> right = ["create", "alice"];
        fill(room, conflicted, left, right);
        IReadOnlyDictionary<StateSlot, EventId>[] states = [room.State([.. left]), room.State([.. right])];

        // The best of some runs: what others do on the machine only ever adds.
        var best = TimeSpan.MaxValue;
        IReadOnlyDictionary<StateSlot, EventId> state = states[0];
        for (var run = 0; run < Runs; run++)
        {
            var watch = Stopwatch.StartNew();
            state = StateResolver.Resolve(room.Version, states, room);
            best = watch.Elapsed < best ? watch.Elapsed : best;
        }
        Print(version, $"{fill.Method.Name} {conflicted}", best);

        Assert.Equal(left.Concat(right).Select(id => StateSlot.Of(room.Find(EventId.Parse("$" + id))!)).Distinct().Count(), state.Count);
        return best;
    }

    /// <summary>Two branches that disagree on everything: levels changed a hundred times each, members, state of many keys.</summary>
    static void Mixed(RoomHistory room, int conflicted, List<string> left, List<string> right)
    {
        foreach (var (branch, name) in new[] { (left, "l"), (right, "r") })
        {
            var levels = "levels";
            var chain = conflicted / 20;
            for (var n = 0; n < chain; n++)
            {
                var id = $"{name}levels{RoomHistory.Number(n)}";
                room.Levels(id, Alice, $"alice=100,bob={n % 50}", ["create", "alice", levels]);
                levels = id;
            }
            branch.Add(levels);
            branch.Add("rules");
            for (var n = chain; n < conflicted / 2; n++)
            {
                var id = $"{name}{RoomHistory.Number(n)}";
                if (n % 2 == 0)
                    room.Join(id, $"@user{n}:example.org", ["create", levels, "rules"]);
                else
                    room.Add(id, Alice, "org.example.state", RoomHistory.Number(n), "{}", ["create", "alice", levels]);
                branch.Add(id);
            }
        }
    }

    /// <summary>Two chains of power levels, each resting on the one before.</summary>
    static void Deep(RoomHistory room, int conflicted, List<string> left, List<string> right)
    {
        foreach (var (branch, name) in new[] { (left, "l"), (right, "r") })
        {
            var levels = "levels";
            for (var n = 0; n < conflicted / 2; n++)
            {
                var id = $"{name}levels{RoomHistory.Number(n)}";
                room.Levels(id, Alice, "alice=100", ["create", "alice", levels]);
                levels = id;
            }
            branch.Add(levels);
            room.Topic(name + "topic", Alice, ["create", "alice", levels]);
            branch.Add(name + "topic");
        }
    }

    static void Start(RoomHistory room)
    {
        room.Levels("levels", Alice, "alice=100", ["create", "alice"]);
        room.Add("rules", Alice, EventTypes.JoinRules, "", """{"join_rule":"public"}""", ["create", "alice", "levels"]);
    }

    static void Print(int version, string what, TimeSpan time) => TestContext.Current.TestOutputHelper?.WriteLine(
        string.Create(CultureInfo.InvariantCulture, $"version {version}, {what}: {time.TotalMilliseconds:F0} ms"));
}
