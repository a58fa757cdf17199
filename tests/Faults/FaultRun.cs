using System.Diagnostics;
using System.Globalization;
using Matrix.Bus.Clients.History;
using Matrix.Bus.Faults.Crowd;
using Matrix.Bus.Faults.Schedules;
using Matrix.Bus.Faults.Stage;

namespace Matrix.Bus.Faults;

/// <summary>A homeserver under load and under faults, judged by what its clients saw.</summary>
sealed class FaultRun(FaultOptions options, TextWriter output)
{
    static readonly TimeSpan HealingPatience = TimeSpan.FromSeconds(90);

    readonly Journal _journal = new(output);

    /// <summary>Runs, prints what happened, and returns every broken promise.</summary>
    public async Task<IReadOnlyList<Finding>> Run(CancellationToken cancel)
    {
        _journal.Note($"starting the {(options.Split ? "split deployment" : "single process")}");
        await using Stage.Stage stage = options.Split
            ? await SplitStage.Start(options.Logs, _journal, cancel)
            : await OneStage.Start(options.Logs, _journal, cancel);
        var people = await People.Gather(stage.Edges, stage.Secret, options.Crowd, cancel);
        var schedule = MakeSchedule(stage);

        var stopped = false;
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var talking = people.Talkers.Select(talker => Task.Run(() => talker.Talk(() => Volatile.Read(ref stopped), giveUp.Token), cancel)).ToList();
        var start = Stopwatch.GetTimestamp();
        await Task.WhenAll(schedule.Select(fault => Suffer(stage, fault, start, cancel)).Append(MarkNowAndThen(people, start, cancel)));
        await Until(options.Length, start, cancel);

        _journal.Note("all faults are over; waiting until everybody has their answers");
        Volatile.Write(ref stopped, true);
        giveUp.CancelAfter(HealingPatience);
        await Task.WhenAll(talking);
        await stage.WaitUntilUp(HealingPatience, cancel);
        var late = await people.CatchUp(HealingPatience, cancel);
        var (history, found) = await people.Collect(cancel);
        List<Finding> findings = [.. late, .. found, .. Verifier.Check(history)];
        Print(people, history, schedule, findings);
        return findings;
    }

    IReadOnlyList<Fault> MakeSchedule(Stage.Stage stage)
    {
        var all = stage.Victims.Select(victim => victim.Target).ToList();
        var targets = options.Only.Count == 0 ? all
            : [.. all.Where(target => options.Only.Any(name => name == target.Name
                || (all.TrueForAll(other => other.Name != name) && target.Name.Contains(name, StringComparison.Ordinal))))];
        if (options.Kinds.Count > 0)
        {
            targets = [.. targets.Select(target => target with { Kinds = [.. target.Kinds.Intersect(options.Kinds)] })
                .Where(target => target.Kinds.Count > 0)];
        }
        if (targets.Count == 0)
            throw new FormatException($"--only and --kinds fit none of {string.Join(", ", stage.Victims.Select(victim => victim.Target.Name))}.");
        var schedule = Schedule.Make(options.Seed, options.Length, options.Faults, targets);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"seed {options.Seed}: {schedule.Count} faults in {options.Length.TotalMinutes} minutes"));
        foreach (var fault in schedule)
            output.WriteLine(fault);
        return schedule;
    }

    async Task Suffer(Stage.Stage stage, Fault fault, long start, CancellationToken cancel)
    {
        await Until(fault.At, start, cancel);
        _journal.Note($"{fault.Kind} {fault.Target}");
        await stage.Begin(fault);
        await Until(fault.At + fault.Duration, start, cancel);
        await stage.End(fault);
    }

    async Task MarkNowAndThen(People people, long start, CancellationToken cancel)
    {
        const int marks = 6;
        for (var i = 1; i < marks; i++)
        {
            await Until(options.Length * i / marks, start, cancel);
            people.Mark();
        }
    }

    static Task Until(TimeSpan time, long start, CancellationToken cancel)
    {
        var left = time - Stopwatch.GetElapsedTime(start);
        return left > TimeSpan.Zero ? Task.Delay(left, cancel) : Task.CompletedTask;
    }

    void Print(People people, ClientHistory history, IReadOnlyList<Fault> schedule, List<Finding> findings)
    {
        output.WriteLine();
        output.WriteLine($"faults: {string.Join(", ", schedule.GroupBy(fault => fault.Kind).Select(kind => $"{kind.Count()} × {kind.Key}"))}; processes that ended by themselves: {_journal.UnexpectedEnds}");
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"sends: {history.Acknowledged.Count} acknowledged, {people.Talkers.Sum(talker => talker.Retries)} retries, the slowest took {people.Talkers.Max(talker => talker.Longest).TotalSeconds:F1} s"));
        output.WriteLine($"syncs: {people.Listeners.Sum(listener => listener.Syncs)} answered, {people.Listeners.Sum(listener => listener.Failures)} failed; {history.Readings.Count} readings compared");
        if (_journal.Restarts.Count > 0)
        {
            var (name, time) = _journal.Restarts.MaxBy(restart => restart.Time);
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"first answer after kill -9: slowest {time.TotalSeconds:F1} s ({name}), of {_journal.Restarts.Count}"));
        }
        foreach (var finding in findings.Take(50))
            output.WriteLine($"  {finding}");
        if (findings.Count > 50)
            output.WriteLine($"  … and {findings.Count - 50} more");
        foreach (var invariant in Enum.GetValues<Invariant>())
            output.WriteLine($"{(findings.Exists(finding => finding.Invariant == invariant) ? "FAILED" : "passed")} {invariant}");
    }
}
