using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Matrix.Bus.Foundation;

/// <summary>Keeps a second process off a database whose server is one process: neither would see the other's messages.</summary>
/// <remarks>A process on the in-memory bus holds a lock of the database alone; processes on RabbitMQ hold it together. A killed
/// process loses it with its connection.</remarks>
public static class ProcessGuard
{
    /// <summary>Refuses to start beside a process that this one cannot work with. Register it before what does work.</summary>
    public static void AddProcessGuard(this IServiceCollection services, BusTransport transport) =>
        services.AddHostedService(provider => new Guard(
            transport, provider.GetRequiredService<DataSources>(), provider.GetRequiredService<IHostApplicationLifetime>(), provider.GetRequiredService<ILogger<Guard>>()));

    internal sealed class Guard(BusTransport transport, DataSources databases, IHostApplicationLifetime lifetime, ILogger<Guard> log) : BackgroundService
    {
        const long Lock = 0x4D78_4275_7303;

        static readonly TimeSpan s_patience = TimeSpan.FromSeconds(3);
        static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(250);

        NpgsqlConnection? _session;

        public override async Task StartAsync(CancellationToken cancellationToken)
        {
            if (!await Take(cancellationToken))
                throw new InvalidOperationException(Refusal);
            await base.StartAsync(cancellationToken);
        }

        string Refusal => transport == BusTransport.InMemory
            ? "Another server process uses this database. On the in-memory bus a server is one process: stop the other one, or set MatrixBus:Bus:Transport to RabbitMq for both."
            : "A server process on the in-memory bus uses this database. Stop it, or give it MatrixBus:Bus:Transport RabbitMq too.";

        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                try
                {
                    await Hold(stoppingToken);
                }
                catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
                {
                    return;
                }
                catch (Exception exception) when (exception is NpgsqlException or InvalidOperationException or IOException or TimeoutException)
                {
                    // The database went away and the lock with it; what matters is who has it when it is back.
                    await Task.Delay(s_pause, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }
        }

        async Task Hold(CancellationToken cancel)
        {
            if (_session is null && !await Take(cancel))
            {
                log.ProcessRefused(Refusal);
                lifetime.StopApplication();
                await Task.Delay(Timeout.Infinite, cancel);
            }
            try
            {
                while (true)
                {
                    await using var command = new NpgsqlCommand("SELECT 1", _session);
                    await command.ExecuteNonQueryAsync(cancel);
                    await Task.Delay(TimeSpan.FromSeconds(5), cancel);
                }
            }
            finally
            {
                await _session!.DisposeAsync();
                _session = null;
            }
        }

        /// <summary>Waits a little for a predecessor whose connection is still being cleared away.</summary>
        async Task<bool> Take(CancellationToken cancel)
        {
            var settings = new NpgsqlConnectionStringBuilder(databases.ConnectionStringOf("Foundation")) { Pooling = false };
            var session = new NpgsqlConnection(settings.ConnectionString);
            try
            {
                await session.OpenAsync(cancel);
                var kind = transport == BusTransport.InMemory ? "pg_try_advisory_lock" : "pg_try_advisory_lock_shared";
                for (var waited = TimeSpan.Zero; waited < s_patience; waited += s_pause)
                {
                    await using var command = new NpgsqlCommand($"SELECT {kind}({Lock})", session);
                    if ((bool)(await command.ExecuteScalarAsync(cancel))!)
                    {
                        (_session, session) = (session, null);
                        return true;
                    }
                    await Task.Delay(s_pause, cancel);
                }
                return false;
            }
            finally
            {
                if (session is not null)
                    await session.DisposeAsync();
            }
        }
    }
}
