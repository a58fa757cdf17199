using Matrix.Bus.Foundation;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Matrix.Bus.Harness;

/// <summary>A PostgreSQL for tests: started once for a run, and a database of its own for whoever asks.</summary>
public sealed class PrivatePostgres : IAsyncDisposable
{
    static readonly SemaphoreSlim Gate = new(1);
    static PrivatePostgres? shared;

    readonly TemporaryDirectory directory;
    readonly EmbeddedPostgres postgres;
    int databases;

    PrivatePostgres(TemporaryDirectory directory, EmbeddedPostgres postgres) =>
        (this.directory, this.postgres) = (directory, postgres);

    /// <summary>The process id of PostgreSQL's parent process.</summary>
    public int Pid => postgres.ProcessId;

    /// <summary>Where PostgreSQL logs.</summary>
    public string LogFile => postgres.LogFile;

    /// <summary>The one that all tests of this process share; it ends with the process.</summary>
    public static async Task<PrivatePostgres> Shared(CancellationToken cancel = default)
    {
        await Gate.WaitAsync(cancel);
        try
        {
            return shared ??= await Start(cancel);
        }
        finally
        {
            Gate.Release();
        }
    }

    /// <summary>Starts one of its own, for a test that kills it.</summary>
    public static async Task<PrivatePostgres> Start(CancellationToken cancel = default)
    {
        var directory = new TemporaryDirectory();
        try
        {
            Watchdog.GuardPostmaster(PidFile(directory));
            return new(directory, await EmbeddedPostgres.Start(directory.Directory, NullLogger.Instance, cancel));
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    /// <summary>A new, empty database; the connection string to it.</summary>
    public async Task<string> NewDatabase(CancellationToken cancel = default)
    {
        var name = $"test_{Interlocked.Increment(ref databases)}";
        await using var connection = new NpgsqlConnection(postgres.ConnectionString + ";Pooling=false");
        await connection.OpenAsync(cancel);
        await using var create = new NpgsqlCommand($"CREATE DATABASE {name}", connection);
        await create.ExecuteNonQueryAsync(cancel);
        return new NpgsqlConnectionStringBuilder(postgres.ConnectionString) { Database = name }.ConnectionString;
    }

    /// <summary>kill -9 to PostgreSQL's parent process; it is started again within a second.</summary>
    public void Kill() => Signals.Send(Pid, Signals.Kill);

    /// <summary>Freezes PostgreSQL with all its connections.</summary>
    public void Pause() => Signals.SendToFamily(Pid, Signals.Stop);

    /// <summary>Lets it go on after <see cref="Pause"/>.</summary>
    public void Resume() => Signals.SendToFamily(Pid, Signals.Continue);

    public async ValueTask DisposeAsync()
    {
        await postgres.DisposeAsync();
        Watchdog.ForgetPostmaster(PidFile(directory));
        directory.Dispose();
    }

    static string PidFile(TemporaryDirectory directory) => directory["postgres/data/postmaster.pid"];
}
