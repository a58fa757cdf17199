using System.Diagnostics;
using Matrix.Bus.Foundation;
using Matrix.Bus.Harness;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Matrix.Bus.SystemTests.Postgres;

public sealed class EmbeddedPostgresTests : IDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    readonly TemporaryDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task What_was_committed_is_there_after_a_restart()
    {
        await using (var first = await Start())
            await Execute(first, "CREATE TABLE kept (n int); INSERT INTO kept VALUES (42)");

        await using var second = await Start();
        Assert.Equal(42, await Ask(second, "SELECT n FROM kept"));
    }

    [Fact]
    public async Task It_is_durable_and_listens_on_no_network()
    {
        await using var postgres = await Start();

        Assert.Equal("on", await Ask(postgres, "SHOW fsync"));
        Assert.Equal("on", await Ask(postgres, "SHOW synchronous_commit"));
        Assert.Equal("", await Ask(postgres, "SHOW listen_addresses"));
        Assert.Equal("UTF8", await Ask(postgres, "SHOW server_encoding"));
        Assert.Equal("C", await Ask(postgres, "SELECT datcollate::text FROM pg_database WHERE datname = current_database()"));
    }

    [Fact]
    public async Task Its_socket_is_in_a_directory_that_only_its_owner_can_enter()
    {
        await using var postgres = await Start();

        var socket = new NpgsqlConnectionStringBuilder(postgres.ConnectionString).Host!;
        Assert.True(File.Exists(Path.Combine(socket, ".s.PGSQL.5432")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(socket));
    }

    [Fact]
    public async Task A_data_directory_too_deep_for_a_socket_works()
    {
        var deep = Path.Combine(directory[new string('d', 100)], "data,with 'marks'");

        await using (var postgres = await EmbeddedPostgres.Start(deep, NullLogger.Instance, Cancel))
            Assert.Equal(1, await Ask(postgres, "SELECT 1"));
    }

    [Fact]
    public async Task A_second_server_on_the_same_directory_is_refused()
    {
        await using var first = await Start();

        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(Start);

        Assert.Contains("Another server is using", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(1, await Ask(first, "SELECT 1"));
    }

    [Fact]
    public async Task A_tool_finds_the_running_database_and_none_after_the_stop()
    {
        await using (var postgres = await Start())
            Assert.Equal(postgres.ConnectionString, EmbeddedPostgres.ConnectionStringOfRunning(directory.Directory));

        Assert.Null(EmbeddedPostgres.ConnectionStringOfRunning(directory.Directory));
    }

    [Fact]
    public async Task A_database_that_is_killed_is_started_again()
    {
        await using var postgres = await Start();
        await Execute(postgres, "CREATE TABLE kept (n int); INSERT INTO kept VALUES (42)");
        var before = postgres.ProcessId;

        using (var victim = Process.GetProcessById(before))
            victim.Kill();

        await Wait.Until(async () => postgres.ProcessId != before && Equals(await Ask(postgres, "SELECT n FROM kept"), 42), Patience, Cancel);
    }

    [Fact]
    public async Task A_process_file_that_names_another_program_does_not_stop_the_start()
    {
        await using (await Start())
        {
        }

        var file = directory["postgres/data/postmaster.pid"];
        await File.WriteAllTextAsync(file,
            $"{Environment.ProcessId}\n{directory["postgres/data"]}\n1\n5432\n{directory["postgres/socket"]}\n\n 1 1\nready\n", Cancel);

        await using var again = await Start();
        Assert.Equal(1, await Ask(again, "SELECT 1"));
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    Task<EmbeddedPostgres> Start() => EmbeddedPostgres.Start(directory.Directory, NullLogger.Instance, Cancel);

    static async Task Execute(EmbeddedPostgres postgres, string sql)
    {
        await using var connection = new NpgsqlConnection(postgres.ConnectionString + ";Pooling=false");
        await connection.OpenAsync(Cancel);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Cancel);
    }

    static async Task<object?> Ask(EmbeddedPostgres postgres, string sql)
    {
        await using var connection = new NpgsqlConnection(postgres.ConnectionString + ";Pooling=false");
        await connection.OpenAsync(Cancel);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Cancel);
    }
}
