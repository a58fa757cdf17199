using MassTransit;
using MassTransit.Configuration;
using MassTransit.Saga;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Matrix.Bus.Foundation;

/// <summary>Configures where a saga's instances are kept. The words are those of MassTransit.EntityFrameworkCore.</summary>
public interface IEntityFrameworkSagaRepositoryConfigurator<TSaga>
    where TSaga : class, ISaga
{
    /// <summary>Pessimistic unless said otherwise: the second message for an instance waits for the first (<c>SELECT … FOR UPDATE</c>).
    /// Optimistic: it fails when it saves, and is retried; the entity needs a concurrency token such as <c>xmin</c>.</summary>
    ConcurrencyMode ConcurrencyMode { get; set; }

    /// <summary>Uses a DbContext that is registered already and maps the saga.</summary>
    void ExistingDbContext<TDb>()
        where TDb : DbContext;

    /// <summary>The only database there is; said so that the registration reads as it does with the package.</summary>
    void UsePostgres();
}

/// <summary>Registers saga persistence.</summary>
public static class SagaRepositoryRegistration
{
    /// <summary>Keeps the saga's instances in PostgreSQL.</summary>
    public static ISagaRegistrationConfigurator<TSaga> EntityFrameworkRepository<TSaga>(
        this ISagaRegistrationConfigurator<TSaga> saga, Action<IEntityFrameworkSagaRepositoryConfigurator<TSaga>> configure)
        where TSaga : class, ISaga
    {
        var configurator = new SagaRepositoryConfigurator<TSaga>();
        configure(configurator);
        if (configurator.Register is null)
            throw new InvalidOperationException($"{typeof(TSaga).Name} has no DbContext: say ExistingDbContext.");
        saga.Repository(repository => configurator.Register(repository));
        return saga;
    }
}

sealed class SagaRepositoryConfigurator<TSaga> : IEntityFrameworkSagaRepositoryConfigurator<TSaga>
    where TSaga : class, ISaga
{
    public ConcurrencyMode ConcurrencyMode { get; set; } = ConcurrencyMode.Pessimistic;

    public Action<ISagaRepositoryRegistrationConfigurator<TSaga>>? Register { get; private set; }

    public void ExistingDbContext<TDb>()
        where TDb : DbContext =>
        Register = repository =>
        {
            repository.TryAddSingleton(new SagaRepositoryOptions<TSaga>(ConcurrencyMode));
            repository.TryAddScoped<MessagingScope>();
            repository.RegisterLoadSagaRepository<TSaga, SagaRepositoryContextFactory<TSaga, TDb>>();
            repository.RegisterQuerySagaRepository<TSaga, SagaRepositoryContextFactory<TSaga, TDb>>();
            repository.RegisterSagaRepository<TSaga, TDb, SagaConsumeContextFactory<TDb, TSaga>, SagaRepositoryContextFactory<TSaga, TDb>>();
        };

    public void UsePostgres()
    {
    }
}

/// <summary>How one saga type is kept.</summary>
sealed record SagaRepositoryOptions<TSaga>(ConcurrencyMode ConcurrencyMode)
    where TSaga : class, ISaga;
