using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace Matrix.Bus.Benchmarks.Load;

/// <summary>What a bare one-row INSERT with its commit costs in the PostgreSQL that the server uses.</summary>
sealed class CommitBaseline(string connectionString)
{
    /// <summary>From a connection string, or from the directory of a running private PostgreSQL.</summary>
    /// <exception cref="FormatException">The directory holds no running server.</exception>
    public static CommitBaseline From(string where, string? user)
    {
        if (!Directory.Exists(where))
            return new CommitBaseline(where);
        // A server's data directory, or that of a PostgreSQL.
        var pidFile = new[] { "postgres/data", "." }.Select(inner => Path.Combine(where, inner, "postmaster.pid")).FirstOrDefault(File.Exists)
            ?? throw new FormatException($"No PostgreSQL runs in {where}.");
        var lines = File.ReadAllLines(pidFile);
        return new CommitBaseline(new NpgsqlConnectionStringBuilder
        {
            Host = lines[4].Length > 0 ? lines[4] : "127.0.0.1",
            Port = int.Parse(lines[3], CultureInfo.InvariantCulture),
            Username = user ?? "matrix_bus",
            Database = "postgres",
        }.ConnectionString);
    }

    /// <summary>Commits for a while, one after the other.</summary>
    public async Task<Percentiles> Measure(TimeSpan duration, CancellationToken cancel)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(cancel);
        await Run(connection, "CREATE TABLE IF NOT EXISTS matrix_bus_commit_baseline (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text)", cancel);
        await using (var insert = new NpgsqlCommand("INSERT INTO matrix_bus_commit_baseline (body) VALUES ($1)", connection))
        {
            insert.Parameters.Add(new NpgsqlParameter<string> { TypedValue = new string('x', 300) });
            await insert.PrepareAsync(cancel);
            for (var i = 0; i < 100; i++)
                await insert.ExecuteNonQueryAsync(cancel);

            var latencies = new Latencies(1 << 14);
            var end = Stopwatch.GetTimestamp() + (long)(duration.TotalSeconds * Stopwatch.Frequency);
            while (Stopwatch.GetTimestamp() is var start && start < end)
            {
                await insert.ExecuteNonQueryAsync(cancel);
                latencies.Add(Stopwatch.GetTimestamp() - start);
            }
            await Run(connection, "DROP TABLE matrix_bus_commit_baseline", cancel);
            return Latencies.Of([latencies]);
        }
    }

    /// <summary>How durable a commit is there: the settings that decide it.</summary>
    public async Task<IReadOnlyDictionary<string, string>> Settings(CancellationToken cancel)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(cancel);
        await using var command = new NpgsqlCommand(
            "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes', 'wal_sync_method', 'server_version', 'shared_buffers', 'commit_delay')", connection);
        await using var rows = await command.ExecuteReaderAsync(cancel);
        var settings = new Dictionary<string, string>(StringComparer.Ordinal);
        while (await rows.ReadAsync(cancel))
            settings[rows.GetString(0)] = rows.GetString(1);
        return settings;
    }

    static async Task Run(NpgsqlConnection connection, string sql, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancel);
    }
}
