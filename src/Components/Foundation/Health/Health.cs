using System.Diagnostics;
using MassTransit;
using MassTransit.Transports;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace Matrix.Bus.Foundation;

/// <summary>What this process needs to do its work, and whether it has it.</summary>
sealed class Health(DataSources databases, IEnumerable<ComponentSchema> schemas, IEnumerable<IBusInstance> buses, IHostApplicationLifetime lifetime)
{
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    /// <summary>Every check, side by side; none takes longer than two seconds.</summary>
    public async Task<IReadOnlyList<HealthCheck>> Check(CancellationToken cancel)
    {
        var pools = schemas.Select(schema => databases.Of(schema.Component)).Prepend(databases.Foundation).Distinct().ToList();
        var database = await Task.WhenAll(pools.Select((pool, index) => Database(pool, index == 0 ? "database" : $"database {index + 1}", cancel)));
        return [Host(), .. database, .. buses.Select(Bus)];
    }

    /// <summary>A process that starts or stops takes no new work.</summary>
    HealthCheck Host()
    {
        var stopping = lifetime.ApplicationStopping.IsCancellationRequested;
        var started = lifetime.ApplicationStarted.IsCancellationRequested;
        return new("host", started && !stopping, stopping ? "stopping" : started ? "running" : "starting", TimeSpan.Zero);
    }

    static async Task<HealthCheck> Database(NpgsqlDataSource pool, string name, CancellationToken cancel)
    {
        var begun = Stopwatch.GetTimestamp();
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        timeout.CancelAfter(s_patience);
        try
        {
            await using var command = pool.CreateCommand("SELECT 1");
            await command.ExecuteScalarAsync(timeout.Token).WaitAsync(timeout.Token);
            return new(name, true, "answers", Stopwatch.GetElapsedTime(begun));
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return new(name, false, $"no answer in {s_patience.TotalSeconds} s", Stopwatch.GetElapsedTime(begun));
        }
        catch (Exception exception) when (exception is NpgsqlException or InvalidOperationException or TimeoutException)
        {
            return new(name, false, exception.Message, Stopwatch.GetElapsedTime(begun));
        }
    }

    static HealthCheck Bus(IBusInstance bus)
    {
        var health = bus.BusControl.CheckHealth();
        return new($"bus {bus.Name}", health.Status == BusHealthStatus.Healthy, health.Description, TimeSpan.Zero);
    }
}

/// <summary>The outcome of one check.</summary>
sealed record HealthCheck(string Name, bool Healthy, string Detail, TimeSpan Duration);
