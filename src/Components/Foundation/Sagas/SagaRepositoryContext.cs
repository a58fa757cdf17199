using MassTransit;
using MassTransit.Context;
using MassTransit.Saga;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;

namespace Matrix.Bus.Foundation;

/// <summary>Loads and saves one saga type inside the transaction of a message.</summary>
sealed class SagaRepositoryContext<TSaga, TDb, T> : ConsumeContextScope<T>, SagaRepositoryContext<TSaga, T>
    where TSaga : class, ISaga
    where TDb : DbContext
    where T : class
{
    static string? s_lockSql;

    readonly TDb _db;
    readonly ConsumeContext<T> _context;
    readonly ISagaConsumeContextFactory<TDb, TSaga> _factory;
    readonly SagaRepositoryOptions<TSaga> _options;

    public SagaRepositoryContext(
        TDb db, ConsumeContext<T> context, ISagaConsumeContextFactory<TDb, TSaga> factory, SagaRepositoryOptions<TSaga> options)
        : base(context) =>
        (_db, _context, _factory, _options) = (db, context, factory, options);

    public async Task<SagaConsumeContext<TSaga, T>> Load(Guid correlationId)
    {
        var rows = _options.ConcurrencyMode == ConcurrencyMode.Pessimistic
            ? _db.Set<TSaga>().FromSqlRaw(s_lockSql ??= LockSql(), correlationId)
            : _db.Set<TSaga>().Where(saga => saga.CorrelationId == correlationId);
        var saga = await rows.SingleOrDefaultAsync(CancellationToken);
        return saga is null ? null! : await CreateSagaConsumeContext(_context, saga, SagaConsumeContextMode.Load);
    }

    /// <summary>Null says that somebody was first: the caller loads that one.</summary>
    public async Task<SagaConsumeContext<TSaga, T>> Insert(TSaga instance)
    {
        _db.Add(instance);
        try
        {
            // EF puts a savepoint around it, so that a violation leaves the transaction usable.
            await _db.SaveChangesAsync(CancellationToken);
        }
        catch (DbUpdateException exception) when (exception.InnerException is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation })
        {
            _db.Entry(instance).State = EntityState.Detached;
            return null!;
        }
        return await CreateSagaConsumeContext(_context, instance, SagaConsumeContextMode.Insert);
    }

    public Task<SagaConsumeContext<TSaga, T>> Add(TSaga instance) => CreateSagaConsumeContext(_context, instance, SagaConsumeContextMode.Add);

    public Task Save(SagaConsumeContext<TSaga> context)
    {
        if (_db.Entry(context.Saga).State == EntityState.Detached)
            _db.Add(context.Saga);
        return _db.SaveChangesAsync(CancellationToken);
    }

    public Task Update(SagaConsumeContext<TSaga> context) => _db.SaveChangesAsync(CancellationToken);

    public Task Delete(SagaConsumeContext<TSaga> context)
    {
        _db.Remove(context.Saga);
        return _db.SaveChangesAsync(CancellationToken);
    }

    public Task Discard(SagaConsumeContext<TSaga> context)
    {
        if (_db.Entry(context.Saga).State == EntityState.Added)
            _db.Entry(context.Saga).State = EntityState.Detached;
        return _db.SaveChangesAsync(CancellationToken);
    }

    public Task Undo(SagaConsumeContext<TSaga> context)
    {
        _db.Entry(context.Saga).State = EntityState.Detached;
        return Task.CompletedTask;
    }

    public Task<SagaConsumeContext<TSaga, TMessage>> CreateSagaConsumeContext<TMessage>(
        ConsumeContext<TMessage> consumeContext, TSaga instance, SagaConsumeContextMode mode)
        where TMessage : class =>
        _factory.CreateSagaConsumeContext(_db, consumeContext, instance, mode);

    /// <summary>Columns by name, because <c>*</c> leaves out <c>xmin</c>.</summary>
    string LockSql()
    {
        var sql = _db.GetService<ISqlGenerationHelper>();
        var entity = _db.Model.FindEntityType(typeof(TSaga)) ?? throw new InvalidOperationException($"{typeof(TDb).Name} does not map {typeof(TSaga).Name}.");
        var table = StoreObjectIdentifier.Create(entity, StoreObjectType.Table)!.Value;
        var columns = entity.GetProperties().Select(property => property.GetColumnName(table)).OfType<string>().Distinct().Select(sql.DelimitIdentifier);
        var key = entity.FindProperty(nameof(ISaga.CorrelationId))!.GetColumnName(table)!;
        return $"SELECT {string.Join(", ", columns)} FROM {sql.DelimitIdentifier(table.Name, table.Schema)} WHERE {sql.DelimitIdentifier(key)} = {{0}} FOR UPDATE";
    }
}
