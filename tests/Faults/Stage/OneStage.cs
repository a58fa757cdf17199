using System.Globalization;
using Matrix.Bus.Clients;
using Matrix.Bus.Faults.Schedules;
using Matrix.Bus.Harness;

namespace Matrix.Bus.Faults.Stage;

/// <summary>One process with the PostgreSQL it keeps for itself.</summary>
sealed class OneStage : Stage
{
    readonly TemporaryDirectory _directory = new();

    OneStage(Journal journal)
        : base(journal)
    {
    }

    string PidFile => _directory["data/postgres/data/postmaster.pid"];

    /// <summary>Starts it and waits until it answers.</summary>
    /// <param name="logs">Where its log goes; null for somewhere temporary.</param>
    /// <param name="journal">The journal of the run.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<OneStage> Start(string? logs, Journal journal, CancellationToken cancel)
    {
        var stage = new OneStage(journal);
        try
        {
            await stage.Build(logs ?? stage._directory.Directory, cancel);
            return stage;
        }
        catch
        {
            await stage.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        // The database outlives its server's kill -9 on purpose, so it is ended here.
        if (PostmasterPid() is > 1 and var pid && Signals.IsNamed(pid, "postgres"))
        {
            Signals.SendToFamily(pid, Signals.Continue);
            Signals.Send(pid, Signals.Quit);
            await Wait.Until(() => !File.Exists(PidFile), TimeSpan.FromSeconds(10));
        }
        Watchdog.ForgetPostmaster(PidFile);
        _directory.Dispose();
    }

    async Task Build(string logs, CancellationToken cancel)
    {
        var settings = new ServerSettings(LoopbackPorts.Next(), _directory["data"], Secret);
        Watchdog.GuardPostmaster(PidFile);
        var process = settings.Start("server", Path.Combine(logs, "server.log"));
        var edge = new Homeserver(settings.Url);
        Edges = [edge];
        Victims.Add(new ProcessVictim(new Target("server", [FaultKind.Kill, FaultKind.Pause], 2, TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(5)),
            process, () => Answers(edge), Journal));
        Victims.Add(new PostgresVictim(new Target("postgres", [FaultKind.Kill, FaultKind.Pause, FaultKind.Crash], 1, TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(8)), PostmasterPid));
        Supervise();
        await WaitUntilUp(TimeSpan.FromSeconds(90), cancel);
    }

    /// <summary>0 if none runs.</summary>
    int PostmasterPid()
    {
        try
        {
            return int.Parse(File.ReadLines(PidFile).First(), CultureInfo.InvariantCulture);
        }
        catch (Exception none) when (none is IOException or InvalidOperationException or FormatException)
        {
            return 0;
        }
    }
}
