using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Users;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Matrix.Bus.Foundation;

/// <summary>Puts components into a host: what a host's entry point calls.</summary>
public static class ComponentHost
{
    /// <summary>Adds what all components stand on. <paramref name="connectionStringOf"/> gives a component's database.</summary>
    public static void AddFoundation(this IServiceCollection services, Func<IServiceProvider, Func<string, string>> connectionStringOf)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => new DataSources(connectionStringOf(provider)));
        services.AddSingleton<Migrations>();
        services.AddSingleton<IParkedEntries, ParkedEntries>();
        services.AddSingleton<ICalls>(provider => new CallRouter(
            provider,
            provider.GetServices<CallRegistration>(),
            provider.GetServices<ILocalPartitions>(),
            provider.GetServices<LogProducerRegistration>(),
            provider.GetService<IRemoteCalls>()));
        services.AddSingleton(provider => new Broadcasts(
            provider,
            provider.GetServices<BroadcastRegistration>(),
            provider.GetRequiredService<ILogger<Broadcasts>>(),
            provider.GetService<IRemoteBroadcasts>()));
        services.AddSingleton<IBroadcasts>(provider => provider.GetRequiredService<Broadcasts>());
        services.AddSingleton<QueryLogHandler>();
        services.AddSingleton<Authentication>();
        services.AddSingleton<ClientAddresses>();
        services.AddSingleton<BroadcastRegistration>(new BroadcastRegistration<TokensRevoked, Authentication>());
    }

    /// <summary>Adds a component.</summary>
    public static void AddComponent<TComponent>(this IServiceCollection services, IConfiguration configuration)
        where TComponent : IComponent =>
        TComponent.Register(new ComponentBuilder(TComponent.Name, services, configuration.GetSection("MatrixBus")));

    /// <summary>Maps the HTTP endpoints of every component in this process.</summary>
    public static void MapComponents(this IEndpointRouteBuilder routes)
    {
        foreach (var api in routes.ServiceProvider.GetServices<ApiRegistration>())
        {
            var group = routes.MapGroup("");
            group.WithMetadata(new ServedOn(api.Api));
            api.Map(group);
        }
    }
}

/// <summary>Endpoint metadata: the API it belongs to; listeners offer some APIs.</summary>
public sealed record ServedOn(ApiKind Api);
