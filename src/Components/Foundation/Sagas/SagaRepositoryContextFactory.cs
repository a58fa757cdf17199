using MassTransit;
using MassTransit.Context;
using MassTransit.Middleware;
using MassTransit.Saga;
using Microsoft.EntityFrameworkCore;

namespace Matrix.Bus.Foundation;

/// <summary>Opens the transaction a saga handles a message in, or joins the one that is open.</summary>
sealed class SagaRepositoryContextFactory<TSaga, TDb>(
    TDb db, ISagaConsumeContextFactory<TDb, TSaga> factory, SagaRepositoryOptions<TSaga> options, MessagingScope scope) :
    ISagaRepositoryContextFactory<TSaga>, IQuerySagaRepositoryContextFactory<TSaga>, ILoadSagaRepositoryContextFactory<TSaga>
    where TSaga : class, ISaga
    where TDb : DbContext
{
    public Task Send<T>(ConsumeContext<T> context, IPipe<SagaRepositoryContext<TSaga, T>> next)
        where T : class =>
        InTransaction(context, next.Send);

    public Task SendQuery<T>(ConsumeContext<T> context, ISagaQuery<TSaga> query, IPipe<SagaRepositoryQueryContext<TSaga, T>> next)
        where T : class =>
        InTransaction(context, async repository =>
        {
            // Each is loaded, and locked, when its turn comes; in one order, so that two queries cannot lock crosswise.
            var ids = await db.Set<TSaga>().Where(query.FilterExpression).Select(saga => saga.CorrelationId).Order().ToListAsync(context.CancellationToken);
            await next.Send(new DefaultSagaRepositoryQueryContext<TSaga, T>(repository, ids));
        });

    async Task InTransaction<T>(ConsumeContext<T> context, Func<SagaRepositoryContext<TSaga, T>, Task> body)
        where T : class
    {
        scope.Db = db;
        var repository = new SagaRepositoryContext<TSaga, TDb, T>(db, context, factory, options);
        if (db.Database.CurrentTransaction is not null)
        {
            await body(repository);
            return;
        }
        await using var transaction = await db.Database.BeginTransactionAsync(context.CancellationToken);
        await body(repository);
        await transaction.CommitAsync(context.CancellationToken);
    }

    public Task<T> Execute<T>(Func<LoadSagaRepositoryContext<TSaga>, Task<T>> asyncMethod, CancellationToken cancellationToken = default)
        where T : class =>
        asyncMethod(new Reader(db, cancellationToken));

    public Task<T> Execute<T>(Func<QuerySagaRepositoryContext<TSaga>, Task<T>> asyncMethod, CancellationToken cancellationToken = default)
        where T : class =>
        asyncMethod(new Reader(db, cancellationToken));

    public void Probe(ProbeContext context) => context.Add("persistence", "postgres");

    sealed class Reader(TDb db, CancellationToken cancel) : BasePipeContext(cancel), QuerySagaRepositoryContext<TSaga>, LoadSagaRepositoryContext<TSaga>
    {
        public async Task<TSaga> Load(Guid correlationId) =>
            (await db.Set<TSaga>().AsNoTracking().SingleOrDefaultAsync(saga => saga.CorrelationId == correlationId, CancellationToken))!;

        public async Task<SagaRepositoryQueryContext<TSaga>> Query(ISagaQuery<TSaga> query, CancellationToken cancellationToken = default)
        {
            var ids = await db.Set<TSaga>().Where(query.FilterExpression).Select(saga => saga.CorrelationId).ToListAsync(cancellationToken);
            return new DefaultSagaRepositoryQueryContext<TSaga>(this, ids);
        }
    }
}
