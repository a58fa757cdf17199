using MassTransit;
using MassTransit.Configuration;
using MassTransit.Context;
using MassTransit.Scheduling;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Matrix.Bus.Foundation;

/// <summary>Gives every consumer and saga our scheduler, whatever the transport.</summary>
sealed class TimerFilter(IServiceProvider root) : IFilter<ConsumeContext>, IPipeSpecification<ConsumeContext>
{
    public Task Send(ConsumeContext context, IPipe<ConsumeContext> next)
    {
        context.GetOrAddPayload<MessageSchedulerContext>(() => new ConsumeMessageSchedulerContext(context, Scheduler));
        return next.Send(context);
    }

    IMessageScheduler Scheduler(ConsumeContext context)
    {
        var scope = context.TryGetPayload(out IServiceScope? services) ? services.ServiceProvider.GetRequiredService<MessagingScope>() : null;
        return new MessageScheduler(Provider(root, context, scope), context.GetPayload<IBusTopology>());
    }

    public static TimerProvider Provider(IServiceProvider provider, ISendEndpointProvider endpoints, MessagingScope? scope) => new(
        endpoints, scope, provider.GetRequiredService<IDbContextFactory<MessagingDb>>(), provider.GetRequiredService<OutboxSignal>(), provider.GetRequiredService<TimeProvider>());

    public void Probe(ProbeContext context) => context.CreateFilterScope("postgresTimers");

    public void Apply(IPipeBuilder<ConsumeContext> builder) => builder.AddFilter(this);

    public IEnumerable<ValidationResult> Validate() => [];
}
