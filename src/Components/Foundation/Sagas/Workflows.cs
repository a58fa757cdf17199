using MassTransit;
using MassTransit.Middleware;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Matrix.Bus.Foundation;

/// <summary>Sagas, their activities, outbox and timers, on whichever transport carries the messages.</summary>
public static class Workflows
{
    /// <summary>Messages one endpoint handles at a time; each holds a database connection.</summary>
    const int Concurrency = 8;

    /// <summary>A crash of every consumer in turn: past it the broker would delete, so it is out of reach.</summary>
    const int DeliveryLimit = 100_000;

    /// <summary>The component runs a saga. <typeparamref name="TDb"/> maps its state and calls <see cref="MessagingModel.AddMessaging"/>.</summary>
    /// <remarks>The state lies in Foundation's database, in the component's schema, beside the outbox and timers that share its
    /// transactions; also when the component has a database of its own.</remarks>
    public static ComponentBuilder Saga<TMachine, TSaga, TDb>(this ComponentBuilder component, ConcurrencyMode concurrency = ConcurrencyMode.Pessimistic)
        where TMachine : MassTransitStateMachine<TSaga>
        where TSaga : class, SagaStateMachineInstance
        where TDb : DbContext
    {
        component.Services.AddWorkflowDb<TDb>();
        component.Services.AddSingleton<WorkflowRegistration>(new SagaRegistration<TMachine, TSaga, TDb>(component.Name, concurrency));
        return component;
    }

    /// <summary>The component does one step of a saga: a consumer of its own message, with its own timeout.</summary>
    public static ComponentBuilder Activity<TConsumer, TDb>(this ComponentBuilder component)
        where TConsumer : class, IConsumer
        where TDb : DbContext
    {
        component.Services.AddWorkflowDb<TDb>();
        component.Services.AddSingleton<WorkflowRegistration>(new ActivityRegistration<TConsumer, TDb>(component.Name));
        return component;
    }

    /// <summary>Adds the registered sagas and activities to a bus. Call it inside <c>AddMassTransit</c>, after the components.</summary>
    public static void AddWorkflows(this IBusRegistrationConfigurator bus, IServiceCollection services)
    {
        var workflows = Registered(services).ToList();
        if (workflows.Count == 0)
            return;
        services.AddMessaging();
        foreach (var workflow in workflows)
            workflow.AddTo(bus);
    }

    /// <summary>Makes their endpoints. Call it where the transport is configured.</summary>
    public static void UseWorkflows(this IBusFactoryConfigurator configure, IBusRegistrationContext context, string prefix)
    {
        var workflows = context.GetServices<WorkflowRegistration>().ToList();
        if (workflows.Count == 0)
            return;
        configure.UseTimers(context);
        foreach (var workflow in workflows)
        {
            configure.ReceiveEndpoint($"{prefix}.{workflow.Component}.{workflow.Name}", endpoint =>
            {
                if (endpoint is IRabbitMqReceiveEndpointConfigurator rabbit)
                {
                    rabbit.SetQuorumQueue();
                    rabbit.SetQueueArgument("x-delivery-limit", DeliveryLimit);
                }
                endpoint.PrefetchCount = 2 * Concurrency;
                endpoint.ConcurrentMessageLimit = Concurrency;
                endpoint.UseMessageRetry(retry =>
                {
                    // What these say does not change by trying again.
                    retry.Ignore<ArgumentException>();
                    retry.Ignore<UnhandledEventException>();
                    retry.Intervals(20, 50, 100, 250, 500, 1000, 2000, 5000);
                });
                endpoint.ConfigureError(error =>
                {
                    error.UseFilter(new GenerateFaultFilter());
                    error.UseFilter(new FaultRecorder(context.GetRequiredService<DataSources>(), context.GetRequiredService<TimeProvider>()));
                    error.UseFilter(new ErrorTransportFilter());
                });
                workflow.Configure(endpoint, context);
            });
        }
    }

    /// <summary>The registered sagas on this process's memory; for a server that is one process. Nothing if there are none.</summary>
    public static void AddInMemoryWorkflows(this IServiceCollection services)
    {
        if (!Registered(services).Any())
            return;
        services.AddOptions<UsageTelemetryOptions>().Configure(telemetry => telemetry.Enabled = false);
        services.AddMassTransit(bus =>
        {
            bus.AddWorkflows(services);
            bus.UsingInMemory((context, configure) =>
            {
                configure.ConfigureJsonSerializerOptions(BusJson.ForBus);
                configure.UseWorkflows(context, "matrix");
            });
        });
    }

    static IEnumerable<WorkflowRegistration> Registered(IServiceCollection services) =>
        [.. services.Where(service => service.ServiceType == typeof(WorkflowRegistration)).Select(service => service.ImplementationInstance).OfType<WorkflowRegistration>()];

    static void AddWorkflowDb<TDb>(this IServiceCollection services)
        where TDb : DbContext
    {
        if (services.Any(service => service.ServiceType == typeof(TDb)))
            return;
        services.TryAddSingleton<OutboxSignal>();
        services.TryAddSingleton<CommitSignal>();
        services.AddDbContextPool<TDb>((provider, options) => options
            .UseNpgsql(provider.GetRequiredService<DataSources>().Foundation)
            .AddInterceptors(provider.GetRequiredService<CommitSignal>())
            // That somebody was first is no error, and what is one is thrown.
            .ConfigureWarnings(events => events.Log((CoreEventId.SaveChangesFailed, LogLevel.Debug), (RelationalEventId.CommandError, LogLevel.Debug))));
    }
}
