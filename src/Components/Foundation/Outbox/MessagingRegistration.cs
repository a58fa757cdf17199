using MassTransit;
using MassTransit.Configuration;
using MassTransit.DependencyInjection;
using MassTransit.Middleware;
using MassTransit.Scheduling;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Matrix.Bus.Foundation;

/// <summary>Registers outbox, inbox and timers. The words are those of MassTransit.EntityFrameworkCore.</summary>
public static class MessagingRegistration
{
    /// <summary>What sends and fires, once per process.</summary>
    public static IServiceCollection AddMessaging(this IServiceCollection services)
    {
        if (services.Any(service => service.ServiceType == typeof(Dispatcher)))
            return services;
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<OutboxSignal>();
        services.TryAddSingleton<CommitSignal>();
        services.TryAddScoped<MessagingScope>();
        services.TryAddScoped(typeof(IOutboxContextFactory<>), typeof(OutboxContextFactory<>));
        services.AddPooledDbContextFactory<MessagingDb>((provider, options) => options.UseNpgsql(provider.GetRequiredService<DataSources>().Foundation));
        services.AddSingleton<ITimers, Timers>();
        services.AddSingleton<IOutbox, Outbox>();
        services.AddScoped<IMessageScheduler>(provider =>
        {
            var bus = provider.GetRequiredService<IBus>();
            return new MessageScheduler(TimerFilter.Provider(provider, bus, provider.GetRequiredService<MessagingScope>()), bus.Topology);
        });
        services.AddSingleton<Dispatcher>();
        services.AddHostedService(provider => provider.GetRequiredService<Dispatcher>());
        return services;
    }

    /// <summary>Outside consumers too, what a scope publishes is sent by the <c>SaveChanges</c> of its <typeparamref name="TDb"/>.</summary>
    public static void UseBusOutbox<TDb>(this IServiceCollection services)
        where TDb : DbContext =>
        services.Replace(ServiceDescriptor.Scoped<IScopedBusContextProvider<IBus>, ScopedOutboxProvider<TDb>>());

    /// <summary>Each message is handled once, in one transaction with what it changes and sends.</summary>
    public static void UseEntityFrameworkOutbox<TDb>(this IReceiveEndpointConfigurator endpoint, IRegistrationContext context)
        where TDb : DbContext
    {
        var observer = new OutboxConsumePipeSpecificationObserver<TDb>(endpoint, context);
        endpoint.ConnectConsumerConfigurationObserver(observer);
        endpoint.ConnectSagaConfigurationObserver(observer);
    }

    /// <summary>Scheduled messages are timers in PostgreSQL, on every transport.</summary>
    public static void UseTimers(this IBusFactoryConfigurator configure, IServiceProvider provider) =>
        configure.AddPrePipeSpecification(new TimerFilter(provider));
}
