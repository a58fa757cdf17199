using Matrix.Bus.Clients;
using Matrix.Bus.Faults.Schedules;

namespace Matrix.Bus.Faults.Stage;

/// <summary>A running homeserver of one or many processes, and what can be done to it.</summary>
abstract class Stage(Journal journal) : IAsyncDisposable
{
    readonly CancellationTokenSource _closing = new();
    Task _supervising = Task.CompletedTask;

    /// <summary>Where clients can talk to it; every address serves everything.</summary>
    public IReadOnlyList<Homeserver> Edges { get; protected set; } = [];

    /// <summary>The shared secret of its registration.</summary>
    public string Secret { get; } = "the secret of a fault run";

    /// <summary>Everything that faults can happen to.</summary>
    public List<Victim> Victims { get; } = [];

    /// <summary>The journal of the run.</summary>
    protected Journal Journal { get; } = journal;

    /// <summary>A fault begins.</summary>
    public Task Begin(Fault fault) => Find(fault).Begin(fault.Kind);

    /// <summary>A fault is over.</summary>
    public Task End(Fault fault) => Find(fault).End(fault.Kind);

    /// <summary>Returns when every edge answers.</summary>
    /// <exception cref="TimeoutException">They do not.</exception>
    public async Task WaitUntilUp(TimeSpan patience, CancellationToken cancel)
    {
        foreach (var edge in Edges)
            await Harness.Wait.Until(() => Answers(edge), patience, cancel, $"{edge.Url} answers");
    }

    /// <summary>Ends everything.</summary>
    public virtual async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _supervising;
        foreach (var victim in Victims.OfType<ProcessVictim>())
            await victim.Process.Kill();
        foreach (var edge in Edges)
            edge.Dispose();
        _closing.Dispose();
    }

    /// <summary>From now on processes that end by themselves are started again.</summary>
    protected void Supervise() => _supervising = Loop(_closing.Token);

    /// <summary>True if an address answers the simplest request.</summary>
    protected static async Task<bool> Answers(Homeserver edge)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        return await edge.Exchange(HttpMethod.Get, "/_matrix/client/versions", null, null, new ResponseBuffer(), patience.Token) == 200;
    }

    Victim Find(Fault fault) => Victims.Single(victim => victim.Target.Name == fault.Target);

    async Task Loop(CancellationToken cancel)
    {
        using var tick = new PeriodicTimer(TimeSpan.FromSeconds(1));
        try
        {
            while (await tick.WaitForNextTickAsync(cancel))
            {
                foreach (var process in Victims.OfType<ProcessVictim>())
                    await process.Supervise();
            }
        }
        catch (OperationCanceledException)
        {
            // Disposing is this loop's only end.
        }
    }
}
