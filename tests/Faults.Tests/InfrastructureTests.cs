using Matrix.Bus.Faults.Schedules;
using Matrix.Bus.Faults.Stage;
using Matrix.Bus.Harness;
using Npgsql;

namespace Matrix.Bus.Faults.Tests;

/// <summary>That the faults really happen to the database and the broker, and that both come back.</summary>
[Trait("Pace", "Slow")]
public sealed class InfrastructureTests
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    static async Task<bool> Answers(string connectionString, int seconds = 2)
    {
        await using var connection = new NpgsqlConnection(connectionString + $";Pooling=false;Timeout={seconds};Command Timeout={seconds}");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("SELECT 1", connection);
        return await command.ExecuteScalarAsync() is 1;
    }

    [Fact]
    public async Task A_database_behind_a_cable_can_be_cut_off_paused_and_killed()
    {
        await using var postgres = await PrivatePostgres.Start(TestContext.Current.CancellationToken);
        var database = new NpgsqlConnectionStringBuilder(await postgres.NewDatabase(TestContext.Current.CancellationToken));
        await using var cable = Cable.ToSocket(Path.Combine(database.Host!, $".s.PGSQL.{database.Port}"));
        database.Host = "127.0.0.1";
        database.Port = cable.Port;
        var near = database.ConnectionString;
        Assert.True(await Answers(near));

        cable.Cut();
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => Answers(near));
        cable.Mend();
        Assert.True(await Answers(near));

        var target = new Target("postgres", [FaultKind.Kill, FaultKind.Pause], 1, Patience, TimeSpan.Zero);
        var victim = new PostgresVictim(target, () => postgres.Pid);
        await victim.Begin(FaultKind.Pause);
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => Answers(near, seconds: 1));
        await victim.End(FaultKind.Pause);
        Assert.True(await Answers(near));

        await using var held = new NpgsqlConnection(near + ";Pooling=false");
        await held.OpenAsync(TestContext.Current.CancellationToken);
        await victim.Begin(FaultKind.Crash);
        await using var late = new NpgsqlCommand("SELECT pg_sleep(10)", held);
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => late.ExecuteNonQueryAsync(TestContext.Current.CancellationToken));
        await Wait.Until(() => Answers(near), Patience, TestContext.Current.CancellationToken);

        var before = postgres.Pid;
        await victim.Begin(FaultKind.Kill);
        await Wait.Until(() => Task.FromResult(postgres.Pid != before), Patience, TestContext.Current.CancellationToken);
        await Wait.Until(() => Answers(near), Patience, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_broker_can_be_paused_and_killed()
    {
        await using var broker = await PrivateRabbitMq.Start(TestContext.Current.CancellationToken);
        var journal = new Journal(TextWriter.Null);
        var victim = new ProcessVictim(new Target("rabbitmq", [FaultKind.Kill, FaultKind.Pause], 1, Patience, TimeSpan.Zero), broker.Process, null, journal);

        await victim.Begin(FaultKind.Pause);
        using (var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1)))
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => broker.Management.GetAsync("api/overview", patience.Token));
        await victim.End(FaultKind.Pause);
        await broker.WaitUntilReady(TestContext.Current.CancellationToken);

        await victim.Begin(FaultKind.Kill);
        Assert.False(broker.Process.IsRunning);
        await victim.Supervise();
        Assert.False(broker.Process.IsRunning);
        await victim.End(FaultKind.Kill);
        await broker.WaitUntilReady(TestContext.Current.CancellationToken);
        Assert.Equal(0, journal.UnexpectedEnds);
    }
}
