using System.Collections.Concurrent;
using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Users;
using Matrix.Bus.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Matrix.Bus.UserApi;

/// <summary>Notes when devices were seen, in memory, and stores it now and then in one statement. What a crash loses is a minute.</summary>
sealed class LastSeen([FromKeyedServices(ComponentNames.UserApi)] NpgsqlDataSource db, TimeProvider clock, ILogger<LastSeen> log) : BackgroundService
{
    static readonly TimeSpan Every = TimeSpan.FromMinutes(1);

    const int MaxText = 256;

    const string Sql = """
        UPDATE users.device d SET last_seen_at = seen.at, last_seen_ip = COALESCE(seen.ip, d.last_seen_ip), last_seen_agent = COALESCE(seen.agent, d.last_seen_agent)
        FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[], $5::text[]) AS seen (user_id, device_id, at, ip, agent)
        WHERE d.user_id = seen.user_id AND d.device_id = seen.device_id AND (d.last_seen_at IS NULL OR d.last_seen_at < seen.at)
        """;

    readonly ConcurrentDictionary<(UserId User, string Device), (DateTimeOffset At, string? Address, string? Agent)> _seen = new();

    /// <summary>Notes a device.</summary>
    public void Note(UserId user, string device, QueryAccessToken asked) =>
        _seen[(user, device)] = (clock.GetUtcNow(), Short(asked.ClientAddress), Short(asked.UserAgent));

    /// <summary>Stores what was noted.</summary>
    public async Task Store(CancellationToken cancel)
    {
        // Rows in one order for all hosts, or two of them could wait for each other.
        var seen = _seen.ToArray().OrderBy(entry => entry.Key.User).ThenBy(entry => entry.Key.Device, StringComparer.Ordinal).ToArray();
        if (seen.Length == 0)
            return;
        await db.Execute(
            Sql,
            cancel,
            seen.Select(entry => entry.Key.User.Value).ToArray(),
            seen.Select(entry => entry.Key.Device).ToArray(),
            seen.Select(entry => entry.Value.At).ToArray(),
            seen.Select(entry => entry.Value.Address).ToArray(),
            seen.Select(entry => entry.Value.Agent).ToArray());
        foreach (var entry in seen)
            _seen.TryRemove(entry);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                await TryStore(stoppingToken);
        }
        catch (OperationCanceledException)
        {
            await TryStore(CancellationToken.None);
        }
    }

    async Task TryStore(CancellationToken cancel)
    {
        try
        {
            await Store(cancel);
        }
        catch (NpgsqlException exception)
        {
            log.LastSeenNotStored(exception);
        }
    }

    static string? Short(string? text)
    {
        var clean = text?.Replace("\0", "", StringComparison.Ordinal);
        return clean?.Length > MaxText ? clean[..MaxText] : clean;
    }
}
