using Matrix.Bus.Faults.Schedules;

namespace Matrix.Bus.Faults.Tests;

public sealed class ScheduleTests
{
    static readonly Target[] Targets =
    [
        new("a", [FaultKind.Kill, FaultKind.Pause], 4, TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(5)),
        new("b", [FaultKind.Pause], 1, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(2)),
        new("b~broker", [FaultKind.Cut, FaultKind.Silence], 2, TimeSpan.FromSeconds(20), TimeSpan.Zero),
        new("c", [FaultKind.Kill], 2, TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(1)),
    ];

    static IReadOnlyList<Fault> Make(ulong seed) => Schedule.Make(seed, TimeSpan.FromMinutes(20), 200, Targets);

    [Fact]
    public void The_same_seed_gives_the_same_schedule() => Assert.Equal(Make(7), Make(7));

    [Fact]
    public void Another_seed_gives_another_schedule() => Assert.NotEqual(Make(7), Make(8));

    [Fact]
    public void A_seed_means_the_same_for_ever() =>
        Assert.Equal([0x910A2DEC89025CC1UL, 0xBEEB8DA1658EEC67UL], [new Dice(1).Next(), Second(new Dice(1))]);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Every_fault_is_possible_short_enough_and_over_before_the_end(ulong seed)
    {
        var schedule = Make(seed);
        Assert.InRange(schedule.Count, 180, 200);
        Assert.All(schedule, fault =>
        {
            var target = Targets.Single(target => target.Name == fault.Target);
            Assert.Contains(fault.Kind, target.Kinds);
            Assert.InRange(fault.Duration, TimeSpan.Zero, target.Longest + TimeSpan.FromSeconds(0.2));
            Assert.True(fault.At + fault.Duration <= TimeSpan.FromMinutes(20));
        });
        Assert.Equal(schedule.Select(fault => fault.At).Order(), schedule.Select(fault => fault.At));
        Assert.Equal(4, schedule.Select(fault => fault.Kind).Distinct().Count());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_target_suffers_one_fault_at_a_time_and_recovers_before_the_next(ulong seed)
    {
        foreach (var faults in Make(seed).GroupBy(fault => fault.Target, StringComparer.Ordinal))
        {
            var recovery = Targets.Single(target => target.Name == faults.Key).Recovery;
            Assert.All(faults.Zip(faults.Skip(1)), pair => Assert.True(pair.First.At + pair.First.Duration + recovery <= pair.Second.At));
        }
    }

    static ulong Second(Dice dice)
    {
        dice.Next();
        return dice.Next();
    }
}
