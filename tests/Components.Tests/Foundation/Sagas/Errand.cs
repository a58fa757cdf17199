using MassTransit;
using Matrix.Bus.Foundation;
using Microsoft.EntityFrameworkCore;

namespace Matrix.Bus.Components.Tests.Foundation.Sagas;

public sealed record ErrandBegun(Guid CorrelationId, string RoomId, TimeSpan Patience);

public sealed record ErrandNudged(Guid CorrelationId, bool Fail = false);

public sealed record ErrandDone(Guid CorrelationId);

public sealed record ErrandExpired(Guid CorrelationId);

public sealed record ErrandEnded(Guid CorrelationId, string Outcome, int Nudges);

/// <summary>Nudges every errand in a room, to be found by what they are about.</summary>
public sealed record RoomNudged(string RoomId);

/// <summary>A workflow of these tests: begun, nudged any number of times, done or expired.</summary>
public sealed class Errand : SagaStateMachineInstance, IWorkflow
{
    public Guid CorrelationId { get; set; }

    public string State { get; set; } = "";

    public string RoomId { get; set; } = "";

    public int Nudges { get; set; }

    public Guid? Expiry { get; set; }

    public uint Version { get; set; }

    public WorkflowSubject Subject() => new() { RoomId = RoomId, WaitingFor = State == "Waiting" ? "a word" : null };
}

public sealed class ErrandStateMachine : MassTransitStateMachine<Errand>
{
    public ErrandStateMachine()
    {
        InstanceState(errand => errand.State);
        Event(() => Begun, begun =>
        {
            begun.InsertOnInitial = true;
            begun.SetSagaFactory(context => new Errand { CorrelationId = context.Message.CorrelationId, RoomId = context.Message.RoomId });
        });
        Event(() => RoomNudged, nudged => nudged.CorrelateBy((errand, context) => errand.RoomId == context.Message.RoomId));
        Schedule(() => Expiry, errand => errand.Expiry, expiry => expiry.Received = received => received.CorrelateById(context => context.Message.CorrelationId));

        Initially(
            When(Begun)
                .Schedule(Expiry, context => new ErrandExpired(context.Saga.CorrelationId), context => context.Message.Patience)
                .TransitionTo(Waiting));

        During(Waiting,
            Ignore(Begun),
            When(Nudged).Then(Nudge),
            When(RoomNudged).Then(context => context.Saga.Nudges++),
            When(Done).Unschedule(Expiry).Publish(context => Ended(context.Saga, "done")).TransitionTo(Finished),
            When(Expiry.Received).Publish(context => Ended(context.Saga, "expired")).TransitionTo(Finished));

        During(Finished, Ignore(Begun), Ignore(Nudged), Ignore(Done), Ignore(Expiry.Received), Ignore(RoomNudged));
    }

    public State Waiting { get; } = null!;

    public State Finished { get; } = null!;

    public Event<ErrandBegun> Begun { get; } = null!;

    public Event<ErrandNudged> Nudged { get; } = null!;

    public Event<RoomNudged> RoomNudged { get; } = null!;

    public Event<ErrandDone> Done { get; } = null!;

    public Schedule<Errand, ErrandExpired> Expiry { get; } = null!;

    static void Nudge(BehaviorContext<Errand, ErrandNudged> context)
    {
        context.Saga.Nudges++;
        if (context.Message.Fail)
            throw new ArgumentException("this nudge hurts\0");
    }

    static ErrandEnded Ended(Errand errand, string outcome) => new(errand.CorrelationId, outcome, errand.Nudges);
}

public sealed class ErrandsDb(DbContextOptions<ErrandsDb> options) : DbContext(options)
{
    public const string Schema = """
        CREATE TABLE errand (correlation_id uuid PRIMARY KEY, state text NOT NULL, room_id text NOT NULL, nudges int NOT NULL, expiry uuid);
        CREATE TABLE ended (sequence bigint GENERATED ALWAYS AS IDENTITY, id uuid NOT NULL, outcome text NOT NULL, nudges int NOT NULL);
        """;

    public DbSet<Errand> Errands => Set<Errand>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.AddMessaging();
        modelBuilder.Entity<Errand>(errand =>
        {
            errand.ToTable("errand");
            errand.HasKey(each => each.CorrelationId);
            errand.Property(each => each.CorrelationId).HasColumnName("correlation_id").ValueGeneratedNever();
            errand.Property(each => each.State).HasColumnName("state");
            errand.Property(each => each.RoomId).HasColumnName("room_id");
            errand.Property(each => each.Nudges).HasColumnName("nudges");
            errand.Property(each => each.Expiry).HasColumnName("expiry");
            errand.Property(each => each.Version).HasColumnName("xmin").HasColumnType("xid").IsRowVersion();
        });
    }
}

/// <summary>Writes down how errands ended, in the transaction of the message.</summary>
public sealed class EndedConsumer(ErrandsDb db) : IConsumer<ErrandEnded>
{
    public Task Consume(ConsumeContext<ErrandEnded> context) => db.Database.ExecuteSqlAsync(
        $"INSERT INTO ended (id, outcome, nudges) VALUES ({context.Message.CorrelationId}, {context.Message.Outcome}, {context.Message.Nudges})",
        context.CancellationToken);
}
