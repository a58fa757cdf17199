using MassTransit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Matrix.Bus.Foundation;

/// <summary>A saga or an activity of a component: something that receives messages and keeps its effects in a transaction.</summary>
abstract class WorkflowRegistration(string component, string name)
{
    public string Component { get; } = component;

    /// <summary>The end of its queue's name.</summary>
    public string Name { get; } = name;

    public abstract void AddTo(IBusRegistrationConfigurator bus);

    public abstract void Configure(IReceiveEndpointConfigurator endpoint, IBusRegistrationContext context);
}

sealed class SagaRegistration<TMachine, TSaga, TDb>(string component, ConcurrencyMode concurrency) : WorkflowRegistration(component, typeof(TSaga).Name)
    where TMachine : MassTransitStateMachine<TSaga>
    where TSaga : class, SagaStateMachineInstance
    where TDb : DbContext
{
    public override void AddTo(IBusRegistrationConfigurator bus) =>
        bus.AddSagaStateMachine<TMachine, TSaga>().EntityFrameworkRepository(repository =>
        {
            repository.ConcurrencyMode = concurrency;
            repository.ExistingDbContext<TDb>();
            repository.UsePostgres();
        });

    public override void Configure(IReceiveEndpointConfigurator endpoint, IBusRegistrationContext context)
    {
        var machine = context.GetRequiredService<TMachine>();
        // An observer is copied to the states there are: this is after all of them were made.
        machine.ConnectEventObserver(new StepRecorder<TSaga>(
            machine, context.GetRequiredService<DataSources>(), context.GetRequiredService<TimeProvider>(), context.GetRequiredService<ILogger<TMachine>>()));
        endpoint.UseEntityFrameworkOutbox<TDb>(context);
        endpoint.ConfigureSaga<TSaga>(context);
    }
}

sealed class ActivityRegistration<TConsumer, TDb>(string component) : WorkflowRegistration(component, typeof(TConsumer).Name)
    where TConsumer : class, IConsumer
    where TDb : DbContext
{
    public override void AddTo(IBusRegistrationConfigurator bus) => bus.AddConsumer<TConsumer>();

    public override void Configure(IReceiveEndpointConfigurator endpoint, IBusRegistrationContext context)
    {
        endpoint.UseEntityFrameworkOutbox<TDb>(context);
        endpoint.ConfigureConsumer<TConsumer>(context);
    }
}
