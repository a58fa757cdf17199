using MassTransit;
using MassTransit.Saga;
using Matrix.Bus.Foundation;
using Matrix.Bus.Harness;
using Microsoft.Extensions.DependencyInjection;

namespace Matrix.Bus.Components.Tests.Foundation.Sagas;

public abstract class SagaTests(BusTransport transport)
{
    [Theory]
    [InlineData(ConcurrencyMode.Pessimistic, 60)]
    [InlineData(ConcurrencyMode.Optimistic, 20)]
    public async Task Messages_that_fight_over_one_instance_all_count(ConcurrencyMode concurrency, int nudges)
    {
        await using var errands = await ErrandHost.Start(transport, concurrency);
        var id = await errands.Begin();

        await Task.WhenAll(Enumerable.Range(0, nudges).Select(_ => errands.Publish(new ErrandNudged(id))));

        await errands.WaitFor($"SELECT nudges::bigint FROM errand WHERE correlation_id = '{id}'", nudges);
        // Who waits for the lock need not try again.
        if (concurrency == ConcurrencyMode.Pessimistic)
            Assert.Equal(0, await errands.Count("SELECT count(*) FROM workflows.step WHERE attempt > 0"));
    }

    [Fact]
    public async Task An_instance_is_read_by_its_id_and_found_by_an_expression()
    {
        await using var errands = await ErrandHost.Start(transport);
        var id = await errands.Begin(room: "!a:x");
        await errands.Begin(room: "!b:x");
        await using var scope = errands.Services.CreateAsyncScope();

        var loaded = await scope.ServiceProvider.GetRequiredService<ILoadSagaRepository<Errand>>().Load(id);
        var found = await scope.ServiceProvider.GetRequiredService<IQuerySagaRepository<Errand>>().Find(new SagaQuery<Errand>(errand => errand.RoomId == "!a:x"));

        Assert.Equal("!a:x", loaded.RoomId);
        Assert.Equal([id], found);
    }

    [Fact]
    public async Task Many_first_messages_make_one_instance()
    {
        await using var errands = await ErrandHost.Start(transport);
        var id = Guid.NewGuid();

        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => errands.Publish(new ErrandBegun(id, "!r:x", TimeSpan.FromHours(1)))));

        await errands.WaitFor("SELECT count(*) FROM foundation.received", 20);
        Assert.Equal(1, await errands.Count("SELECT count(*) FROM errand"));
        Assert.Equal(1, await errands.Count("SELECT count(*) FROM foundation.timer"));
    }

    [Fact]
    public async Task A_message_that_comes_again_has_no_effect()
    {
        await using var errands = await ErrandHost.Start(transport);
        var id = await errands.Begin();
        var message = NewId.NextGuid();
        var bus = errands.Services.GetRequiredService<IBus>();

        for (var i = 0; i < 5; i++)
            await bus.Publish(new ErrandNudged(id), context => context.MessageId = message);

        await Wait.Until(() => errands.Deliveries.Of<ErrandNudged>() == 5, TimeSpan.FromSeconds(30));
        Assert.Equal(1, await errands.Count($"SELECT nudges::bigint FROM errand WHERE correlation_id = '{id}'"));
    }

    [Fact]
    public async Task Instances_are_found_by_what_they_are_about()
    {
        await using var errands = await ErrandHost.Start(transport);
        await errands.Begin(room: "!a:x");
        await errands.Begin(room: "!a:x");
        await errands.Begin(room: "!b:x");

        await errands.Publish(new RoomNudged("!a:x"));

        await errands.WaitFor("SELECT sum(nudges) FROM errand WHERE room_id = '!a:x'", 2);
        Assert.Equal(0, await errands.Count("SELECT sum(nudges) FROM errand WHERE room_id = '!b:x'"));
    }

    [Fact]
    public async Task A_timer_that_is_due_sends_its_message()
    {
        await using var errands = await ErrandHost.Start(transport);
        var id = await errands.Begin(TimeSpan.FromHours(2));
        var timer = Assert.Single(await errands.Services.GetRequiredService<ITimers>().List(id, 10, CancellationToken.None));
        Assert.Equal(nameof(ErrandExpired), timer.Name);
        Assert.Equal(errands.Clock.GetUtcNow().AddHours(2), timer.DueAt, TimeSpan.FromSeconds(5));

        errands.Clock.Advance(TimeSpan.FromHours(2) + TimeSpan.FromSeconds(5));

        await errands.WaitFor($"SELECT count(*) FROM ended WHERE id = '{id}' AND outcome = 'expired'", 1);
        Assert.Empty(await errands.Services.GetRequiredService<ITimers>().List(null, 10, CancellationToken.None));
    }

    [Fact]
    public async Task A_cancelled_timer_does_not_fire()
    {
        await using var errands = await ErrandHost.Start(transport);
        var cancelled = await errands.Begin(TimeSpan.FromHours(1));
        var other = await errands.Begin(TimeSpan.FromHours(1));
        await errands.Publish(new ErrandDone(cancelled));
        await errands.WaitFor($"SELECT count(*) FROM ended WHERE id = '{cancelled}'", 1);
        Assert.Equal(0, await errands.Count($"SELECT count(*) FROM foundation.timer WHERE instance = '{cancelled}'"));

        errands.Clock.Advance(TimeSpan.FromHours(2));

        await errands.WaitFor($"SELECT count(*) FROM ended WHERE id = '{other}' AND outcome = 'expired'", 1);
        Assert.Equal(0, await errands.Count($"SELECT count(*) FROM ended WHERE id = '{cancelled}' AND outcome <> 'done'"));
    }

    [Fact]
    public async Task A_saga_and_its_timer_survive_a_restart_and_fire_if_due_meanwhile()
    {
        await using var errands = await ErrandHost.Start(transport);
        var id = await errands.Begin(TimeSpan.FromHours(1));
        await errands.StopProcess();
        errands.Clock.Advance(TimeSpan.FromHours(2));

        await errands.StartProcess();

        await errands.WaitFor($"SELECT count(*) FROM ended WHERE id = '{id}' AND outcome = 'expired'", 1);
    }

    [Fact]
    public async Task A_failed_step_changes_nothing_sends_nothing_and_leaves_its_trace()
    {
        await using var errands = await ErrandHost.Start(transport);
        var id = await errands.Begin();

        await errands.Publish(new ErrandNudged(id, Fail: true));

        await errands.WaitFor($"SELECT count(*) FROM workflows.step WHERE instance = '{id}' AND event = 'Nudged' AND error LIKE 'ArgumentException: this nudge hurts%'", 1);
        await errands.WaitFor($"SELECT status::bigint FROM workflows.instance WHERE id = '{id}'", 2);
        await errands.WaitFor($"SELECT count(*) FROM workflows.fault WHERE exception = 'System.ArgumentException' AND convert_from(body, 'UTF8') LIKE '%{id}%'", 1);
        Assert.Equal(0, await errands.Count($"SELECT nudges::bigint FROM errand WHERE correlation_id = '{id}'"));

        await errands.Publish(new ErrandNudged(id));
        await errands.WaitFor($"SELECT status::bigint FROM workflows.instance WHERE id = '{id}'", 1);
    }

    [Fact]
    public async Task Each_step_is_recorded_with_what_it_changed()
    {
        await using var errands = await ErrandHost.Start(transport);
        var id = await errands.Begin();
        await errands.Publish(new ErrandNudged(id));
        await errands.WaitFor($"SELECT nudges::bigint FROM errand WHERE correlation_id = '{id}'", 1);
        await errands.Publish(new ErrandDone(id));
        await errands.WaitFor($"SELECT count(*) FROM ended WHERE id = '{id}'", 1);

        var steps = await errands.Scalar<string>($"SELECT string_agg(event || ' ' || from_state || '>' || to_state, ', ' ORDER BY sequence) FROM workflows.step WHERE instance = '{id}'");
        Assert.Equal("Begun Initial>Waiting, Nudged Waiting>Waiting, Done Waiting>Finished", steps);
        Assert.Equal("{\"nudges\": [0, 1]}", await errands.Scalar<string>($"SELECT changed::text FROM workflows.step WHERE instance = '{id}' AND event = 'Nudged'"));
        Assert.Equal("Errand !room:example.org Finished", await errands.Scalar<string>($"SELECT saga || ' ' || room_id || ' ' || state FROM workflows.instance WHERE id = '{id}'"));
    }

    [Fact]
    public async Task What_a_scope_publishes_is_sent_by_its_save_and_by_nothing_else()
    {
        await using var errands = await ErrandHost.Start(transport);
        var (kept, lost) = (Guid.NewGuid(), Guid.NewGuid());

        await using (var scope = errands.Services.CreateAsyncScope())
            await scope.ServiceProvider.GetRequiredService<IPublishEndpoint>().Publish(new ErrandEnded(lost, "lost", 0));
        await using (var scope = errands.Services.CreateAsyncScope())
        {
            await scope.ServiceProvider.GetRequiredService<IPublishEndpoint>().Publish(new ErrandEnded(kept, "kept", 0));
            await scope.ServiceProvider.GetRequiredService<ErrandsDb>().SaveChangesAsync();
        }

        await errands.WaitFor($"SELECT count(*) FROM ended WHERE id = '{kept}'", 1);
        Assert.Equal(0, await errands.Count($"SELECT count(*) FROM ended WHERE id = '{lost}'"));
    }

    [Fact]
    public async Task What_plain_sql_rolls_back_is_not_sent()
    {
        await using var errands = await ErrandHost.Start(transport);
        var outbox = errands.Services.GetRequiredService<IOutbox>();
        var (kept, lost) = (Guid.NewGuid(), Guid.NewGuid());

        await using var connection = await errands.Database.OpenConnectionAsync();
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await outbox.Publish(connection, new ErrandEnded(lost, "lost", 0), CancellationToken.None);
            await transaction.RollbackAsync();
        }
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await outbox.Publish(connection, new ErrandEnded(kept, "kept", 0), CancellationToken.None);
            await transaction.CommitAsync();
        }
        outbox.Committed();

        await errands.WaitFor($"SELECT count(*) FROM ended WHERE id = '{kept}'", 1);
        Assert.Equal(0, await errands.Count($"SELECT count(*) FROM ended WHERE id = '{lost}'"));
    }

    [Fact]
    public async Task A_database_that_drops_every_connection_stops_nothing_for_long()
    {
        await using var errands = await ErrandHost.Start(transport);
        var before = await errands.Begin(TimeSpan.FromHours(1));

        await errands.CutConnections();
        await errands.Publish(new ErrandNudged(before));
        await errands.WaitFor($"SELECT nudges::bigint FROM errand WHERE correlation_id = '{before}'", 1);
        errands.Clock.Advance(TimeSpan.FromHours(2));

        await errands.WaitFor($"SELECT count(*) FROM ended WHERE id = '{before}' AND outcome = 'expired' AND nudges = 1", 1);
    }

    [Fact]
    public async Task Nothing_is_lost_or_counted_twice_while_connections_die()
    {
        await using var errands = await ErrandHost.Start(transport);
        var ids = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => errands.Begin()));

        for (var round = 0; round < 10; round++)
        {
            await Task.WhenAll(ids.SelectMany(id => Enumerable.Range(0, 10).Select(_ => errands.Publish(new ErrandNudged(id)))));
            await errands.CutConnections();
        }
        await errands.WaitFor("SELECT min(nudges)::bigint FROM errand", 100);
        await Task.WhenAll(ids.Select(id => errands.Publish(new ErrandDone(id))));

        await errands.WaitFor("SELECT count(*) FROM ended WHERE nudges = 100", 5);
        Assert.Equal(5, await errands.Count("SELECT count(*) FROM ended"));
    }

    [Fact]
    public async Task What_was_committed_before_a_crash_is_sent_after_it_in_order()
    {
        await using var errands = await ErrandHost.Start(transport);
        var outbox = errands.Services.GetRequiredService<IOutbox>();
        await using var connection = await errands.Database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        for (var i = 0; i < 500; i++)
            await outbox.Publish(connection, new ErrandEnded(Guid.NewGuid(), "kept", i), CancellationToken.None);
        await errands.StopProcess();
        await transaction.CommitAsync();
        Assert.Equal(0, await errands.Count("SELECT count(*) FROM ended"));

        await errands.StartProcess();

        await errands.WaitFor("SELECT count(DISTINCT nudges) FROM ended", 500);
        Assert.Equal(500, await errands.Count("SELECT count(*) FROM ended"));
        await errands.WaitFor("SELECT count(*) FROM foundation.outgoing", 0);
    }
}

public sealed class SagaTestsInMemory() : SagaTests(BusTransport.InMemory);

public sealed class SagaTestsOverRabbitMq() : SagaTests(BusTransport.RabbitMq)
{
    [Fact]
    public async Task Two_processes_share_the_work_and_one_takes_over()
    {
        await using var first = await ErrandHost.Start(BusTransport.RabbitMq);
        await using var second = await first.Another();
        var id = await first.Begin(TimeSpan.FromHours(1));
        await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => second.Publish(new ErrandNudged(id))));
        await first.WaitFor($"SELECT nudges::bigint FROM errand WHERE correlation_id = '{id}'", 40);

        await first.StopProcess();
        second.Clock.Advance(TimeSpan.FromHours(2));

        await second.WaitFor($"SELECT count(*) FROM ended WHERE id = '{id}' AND outcome = 'expired' AND nudges = 40", 1);
    }
}
