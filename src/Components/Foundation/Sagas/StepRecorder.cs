using System.Diagnostics;
using System.Runtime.CompilerServices;
using MassTransit;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Matrix.Bus.Foundation;

/// <summary>Leaves a row for each event a saga handles: in the saga's own transaction when it went well, on a connection of its own
/// when it did not, so that the rollback cannot take the evidence with it.</summary>
sealed class StepRecorder<TSaga>(MassTransitStateMachine<TSaga> machine, DataSources databases, TimeProvider clock, ILogger log) : IEventObserver<TSaga>
    where TSaga : class, SagaStateMachineInstance
{
    const string LockNotAvailable = "55P03";

    readonly ConditionalWeakTable<object, Begin> _begun = [];

    // Enter and leave of states: the message's event tells it all.
    public Task PreExecute(BehaviorContext<TSaga> context) => Task.CompletedTask;

    public Task PostExecute(BehaviorContext<TSaga> context) => Task.CompletedTask;

    public Task ExecuteFault(BehaviorContext<TSaga> context, Exception exception) => Task.CompletedTask;

    public async Task PreExecute<T>(BehaviorContext<TSaga, T> context)
        where T : class
    {
        Scope(context).Instance = context.Saga.CorrelationId;
        _begun.AddOrUpdate(context, new Begin(await State(context), StateChange.Snapshot(context.Saga), Stopwatch.GetTimestamp()));
    }

    public async Task PostExecute<T>(BehaviorContext<TSaga, T> context)
        where T : class
    {
        if (Scope(context).Db is not { } db || db.Database.CurrentTransaction is not { } transaction)
            return;
        var step = await Step(context, error: null);
        await using var batch = new NpgsqlBatch((NpgsqlConnection)db.Database.GetDbConnection(), (NpgsqlTransaction)transaction.GetDbTransaction());
        batch.BatchCommands.Add(step.Insert());
        batch.BatchCommands.Add(step.Upsert());
        await batch.ExecuteNonQueryAsync(context.CancellationToken);
    }

    public async Task ExecuteFault<T>(BehaviorContext<TSaga, T> context, Exception exception)
        where T : class
    {
        try
        {
            var step = await Step(context, exception);
            await using var connection = await databases.Foundation.OpenConnectionAsync(CancellationToken.None);
            await using (var insert = new NpgsqlBatch(connection) { BatchCommands = { step.Insert() } })
                await insert.ExecuteNonQueryAsync(CancellationToken.None);

            // The saga's own transaction, which waits for us, may hold the instance's row: then the step alone tells of the fault.
            await using var upsert = new NpgsqlBatch(connection)
            {
                BatchCommands = { new NpgsqlBatchCommand("SELECT set_config('lock_timeout', '250ms', true)"), step.Upsert() },
            };
            await upsert.ExecuteNonQueryAsync(CancellationToken.None);
        }
        catch (PostgresException lost) when (lost.SqlState == LockNotAvailable)
        {
        }
        catch (Exception lost) when (lost is NpgsqlException or InvalidOperationException)
        {
            // The fault itself must not be hidden by the loss of its record.
            log.StepNotRecorded(typeof(TSaga).Name, context.Saga.CorrelationId, lost);
        }
    }

    async Task<WorkflowStep> Step<T>(BehaviorContext<TSaga, T> context, Exception? error)
        where T : class
    {
        var to = await State(context);
        var begin = _begun.TryGetValue(context, out var known) ? known : new Begin(to, StateChange.Snapshot(context.Saga), Stopwatch.GetTimestamp());
        return new WorkflowStep
        {
            Instance = context.Saga.CorrelationId,
            Saga = typeof(TSaga).Name,
            At = clock.GetUtcNow().UtcDateTime,
            Event = context.Event.Name,
            From = begin.State,
            To = error is null ? to : begin.State,
            MessageId = context.MessageId,
            CausationId = context.InitiatorId ?? context.ConversationId,
            Attempt = context.GetRetryAttempt() + context.GetRedeliveryCount(),
            Changed = StateChange.Between(begin.Snapshot, StateChange.Snapshot(context.Saga)),
            Duration = Stopwatch.GetElapsedTime(begin.Started),
            Error = error is null ? null : $"{error.GetType().Name}: {error.Message}",
            TraceId = Activity.Current?.TraceId.ToString(),
            Subject = (context.Saga as IWorkflow)?.Subject() ?? new WorkflowSubject(),
            Ended = error is null && to == nameof(MassTransitStateMachine<TSaga>.Final),
        };
    }

    async Task<string> State(BehaviorContext<TSaga> context) =>
        (await ((StateMachine<TSaga>)machine).Accessor.Get(context))?.Name ?? nameof(MassTransitStateMachine<TSaga>.Initial);

    static MessagingScope Scope(BehaviorContext<TSaga> context) => context.GetPayload<IServiceScope>().ServiceProvider.GetRequiredService<MessagingScope>();

    sealed record Begin(string State, byte[] Snapshot, long Started);
}
