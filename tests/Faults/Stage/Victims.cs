using System.Diagnostics;
using System.Globalization;
using Matrix.Bus.Faults.Schedules;
using Matrix.Bus.Harness;

namespace Matrix.Bus.Faults.Stage;

/// <summary>Something that faults happen to.</summary>
abstract class Victim(Target target)
{
    /// <summary>What it is in a schedule.</summary>
    public Target Target { get; } = target;

    /// <summary>The fault begins.</summary>
    public abstract Task Begin(FaultKind kind);

    /// <summary>The fault is over.</summary>
    public abstract Task End(FaultKind kind);
}

/// <summary>A process that we start, and start again when it ends by itself, as a supervisor would.</summary>
sealed class ProcessVictim(Target target, ServerProcess process, Func<Task<bool>>? answers, Journal journal) : Victim(target)
{
    bool _down;

    /// <summary>The process.</summary>
    public ServerProcess Process { get; } = process;

    /// <inheritdoc/>
    public override async Task Begin(FaultKind kind)
    {
        if (kind == FaultKind.Pause)
        {
            Process.Pause();
            return;
        }
        _down = true;
        await Process.Kill();
    }

    /// <inheritdoc/>
    public override async Task End(FaultKind kind)
    {
        if (kind == FaultKind.Pause)
        {
            Process.Resume();
            return;
        }
        await Process.Restart();
        _down = false;
        _ = TimeFirstAnswer();
    }

    /// <summary>Starts it again if it ended without a fault of ours.</summary>
    public async Task Supervise()
    {
        if (_down || Process.IsRunning)
            return;
        journal.Note($"{Target.Name} ended by itself:\n{Process.LogTail(20)}");
        journal.UnexpectedEnds++;
        await Process.Restart();
    }

    async Task TimeFirstAnswer()
    {
        if (answers is null)
            return;
        var start = Stopwatch.GetTimestamp();
        var pid = Process.Pid;
        try
        {
            await Wait.Until(answers, TimeSpan.FromSeconds(60));
        }
        catch (TimeoutException)
        {
            // The end of the run judges whether it ever answered; here only times are taken.
            return;
        }
        // Another fault in between: then this is not the time of a start.
        if (Process.IsRunning && Process.Pid == pid)
            journal.Restarted(Target.Name, Stopwatch.GetElapsedTime(start));
    }
}

/// <summary>A PostgreSQL that somebody else starts again when it dies.</summary>
/// <param name="target">What it is in a schedule.</param>
/// <param name="pid">The process id of its parent process; 0 while none runs, and then nothing happens to it.</param>
sealed class PostgresVictim(Target target, Func<int> pid) : Victim(target)
{
    int _paused;

    /// <inheritdoc/>
    public override Task Begin(FaultKind kind)
    {
        var now = pid();
        if (now > 1 && kind == FaultKind.Pause)
            Signals.SendToFamily(_paused = now, Signals.Stop);
        else if (now > 1 && kind == FaultKind.Kill)
            Signals.Send(now, Signals.Kill);
        else if (now > 1 && NewestWorker(now) is > 1 and var worker)
            Signals.Send(worker, Signals.Kill);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override Task End(FaultKind kind)
    {
        if (kind == FaultKind.Pause && _paused > 1)
            Signals.SendToFamily(_paused, Signals.Continue);
        _paused = 0;
        return Task.CompletedTask;
    }

    /// <summary>0 if there is none.</summary>
    static int NewestWorker(int postmaster)
    {
        try
        {
            return File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{postmaster}/task/{postmaster}/children"))
                .Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(pid => int.Parse(pid, CultureInfo.InvariantCulture)).DefaultIfEmpty().Max();
        }
        catch (IOException)
        {
            return 0;
        }
    }
}

/// <summary>The link of one process to what it depends on.</summary>
sealed class CableVictim(Target target, Cable cable) : Victim(target)
{
    /// <inheritdoc/>
    public override Task Begin(FaultKind kind)
    {
        if (kind == FaultKind.Silence)
            cable.Silence();
        else
            cable.Cut();
        if (kind == FaultKind.Reset)
            cable.Mend();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override Task End(FaultKind kind)
    {
        cable.Mend();
        return Task.CompletedTask;
    }
}
