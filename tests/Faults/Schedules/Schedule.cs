namespace Matrix.Bus.Faults.Schedules;

/// <summary>What happens in a run: a function of the seed, the length, the number of faults and the targets alone.</summary>
static class Schedule
{
    /// <summary>Spreads faults over a time; one target suffers one at a time, different ones may suffer together.</summary>
    /// <returns>In the order they happen; all are over before the end.</returns>
    public static IReadOnlyList<Fault> Make(ulong seed, TimeSpan length, int faults, IReadOnlyList<Target> targets)
    {
        var dice = new Dice(seed);
        var freeFrom = targets.ToDictionary(target => target.Name, _ => TimeSpan.Zero, StringComparer.Ordinal);
        var schedule = new List<Fault>(faults);
        var step = length / (faults + 1);
        for (var i = 0; i < faults; i++)
        {
            var at = Round((step * (i + 0.5)) + (step * dice.Share()));
            var free = targets.Where(target => freeFrom[target.Name] <= at).ToList();
            // A dice is thrown even where nobody is free, so that what follows does not depend on it.
            var throws = (Target: dice.Next(), Kind: dice.Next(), Length: dice.Share());
            if (free.Count == 0)
                continue;
            var target = Choose(free, throws.Target);
            var kind = target.Kinds[(int)(throws.Kind % (ulong)target.Kinds.Count)];
            // Short ones mostly: the third power leaves one in eight longer than half of the longest.
            var longest = kind == FaultKind.Kill ? Min(target.Longest, TimeSpan.FromSeconds(4)) : target.Longest;
            var duration = Round(TimeSpan.FromSeconds(0.2) + (longest * Math.Pow(throws.Length, 3)));
            if (kind is FaultKind.Reset or FaultKind.Crash)
                duration = TimeSpan.Zero;
            duration = Min(duration, length - at);
            schedule.Add(new Fault(at, kind, target.Name, duration));
            freeFrom[target.Name] = at + duration + target.Recovery;
        }
        return schedule;
    }

    static Target Choose(List<Target> free, ulong number)
    {
        var place = (int)(number % (ulong)free.Sum(target => target.Weight));
        foreach (var target in free)
        {
            place -= target.Weight;
            if (place < 0)
                return target;
        }
        return free[^1];
    }

    static TimeSpan Round(TimeSpan time) => TimeSpan.FromMilliseconds(Math.Round(time.TotalMilliseconds / 100) * 100);

    static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
