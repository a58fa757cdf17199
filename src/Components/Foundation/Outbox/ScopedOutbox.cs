using MassTransit;
using MassTransit.Clients;
using MassTransit.DependencyInjection;
using MassTransit.Middleware;
using MassTransit.Middleware.Outbox;
using MassTransit.Transports;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Matrix.Bus.Foundation;

/// <summary>The bus as a request or a worker sees it: <c>IPublishEndpoint</c> and <c>ISendEndpointProvider</c> of a scope write rows
/// into <typeparamref name="TDb"/>, and its <c>SaveChanges</c> sends them. Inside a consumer the consumer's own outbox is used.</summary>
sealed class ScopedOutboxProvider<TDb>(
    IBus bus,
    Bind<IBus, IClientFactory> clients,
    Bind<IBus, IScopedConsumeContextProvider> own,
    IScopedConsumeContextProvider global,
    IServiceProvider provider) : IScopedBusContextProvider<IBus>
    where TDb : DbContext
{
    public ScopedBusContext Context { get; } =
        own.Value.HasContext ? new ConsumeContextScopedBusContext(own.Value.GetContext(), clients.Value)
        : global.HasContext ? new ConsumeContextScopedBusContext<IBus>(bus, global.GetContext(), clients.Value, provider)
        : new ScopedOutbox(bus, clients.Value, provider, provider.GetRequiredService<TDb>, provider.GetRequiredService<TimeProvider>());
}

sealed class ScopedOutbox(IBus bus, IClientFactory clients, IServiceProvider provider, Func<DbContext> db, TimeProvider clock) : ScopedBusContext, OutboxSendContext
{
    public ISendEndpointProvider SendEndpointProvider => field ??= new OutboxSendEndpointProvider(this, bus);

    public IPublishEndpoint PublishEndpoint => field ??= new PublishEndpoint(new OutboxPublishEndpointProvider(this, bus));

    // A request waits for its answer: it cannot wait for a commit too.
    public IScopedClientFactory ClientFactory => field ??= new BusScopedBusContext<IBus>(bus, clients, provider).ClientFactory;

    public Task AddSend<T>(SendContext<T> context)
        where T : class
    {
        var row = new OutgoingMessage();
        row.Take(context, clock.GetUtcNow().UtcDateTime);
        db().Add(row);
        return Task.CompletedTask;
    }

    public object? GetService(Type serviceType) => provider.GetService(serviceType);
}
