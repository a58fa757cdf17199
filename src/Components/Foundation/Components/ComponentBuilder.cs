using System.Reflection;
using Matrix.Bus.Messages;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Matrix.Bus.Foundation;

/// <summary>What a component registers itself with.</summary>
public sealed class ComponentBuilder(string name, IServiceCollection services, IConfiguration configuration)
{
    /// <summary>The component's name.</summary>
    public string Name { get; } = name;

    /// <summary>The container of the host.</summary>
    public IServiceCollection Services { get; } = services;

    /// <summary>The section <c>MatrixBus</c>.</summary>
    public IConfiguration Configuration { get; } = configuration;

    /// <summary>The component owns this PostgreSQL schema; its embedded <c>Storage/Migrations/*.sql</c> run in order at start.</summary>
    /// <remarks>Storage classes take <c>[FromKeyedServices(ComponentNames.X)] NpgsqlDataSource db</c>.</remarks>
    public ComponentBuilder Schema(string schema, Assembly migrations)
    {
        Services.AddSingleton(new ComponentSchema(Name, schema, migrations));
        Services.AddKeyedSingleton(Name, (provider, _) => provider.GetRequiredService<DataSources>().Of(Name));
        return this;
    }

    /// <summary>The component answers a call. The handler is a singleton.</summary>
    public ComponentBuilder Answers<TCall, TAnswer, THandler>()
        where TCall : class, ICall<TAnswer>
        where TAnswer : class
        where THandler : class, ICallHandler<TCall, TAnswer>
    {
        Services.TryAddSingleton<THandler>();
        Services.AddSingleton<CallRegistration>(new CallRegistration<TCall, TAnswer, THandler>(Name));
        return this;
    }

    /// <summary>The component's owner of a partition answers a call about a room, in order and in batches.</summary>
    public ComponentBuilder AnswersByPartition<TCall, TAnswer, THandler>()
        where TCall : class, ICall<TAnswer>, IRoomCall
        where TAnswer : class
        where THandler : class, IPartitionedCallHandler<TCall, TAnswer>
    {
        Services.TryAddSingleton<THandler>();
        Services.AddSingleton<PartitionedCallRegistration>(new PartitionedCallRegistration<TCall, TAnswer, THandler>(Name));
        return this;
    }

    /// <summary>The component writes a log; <typeparamref name="TReader"/> reads it again.</summary>
    public ComponentBuilder Produces<TEntry, TReader>()
        where TEntry : class, ILogEntry
        where TReader : class, ILogReader<TEntry>
    {
        Services.TryAddSingleton<TReader>();
        Services.AddSingleton<ILogReader<TEntry>>(provider => provider.GetRequiredService<TReader>());
        Services.AddSingleton<LogProducerRegistration>(new LogProducerRegistration<TEntry>(Name));
        return this;
    }

    /// <summary>The component follows a log, each partition by one host at a time.</summary>
    public ComponentBuilder Consumes<TEntry, TConsumer>()
        where TEntry : class, ILogEntry
        where TConsumer : class, ILogConsumer<TEntry>
    {
        Services.TryAddSingleton<TConsumer>();
        Services.AddSingleton<LogConsumerRegistration>(new LogConsumerRegistration<TEntry, TConsumer>(Name));
        return this;
    }

    /// <summary>The component hears a broadcast on every host that runs it.</summary>
    public ComponentBuilder Hears<TBroadcast, THandler>()
        where TBroadcast : class, IBroadcast
        where THandler : class, IBroadcastHandler<TBroadcast>
    {
        Services.TryAddSingleton<THandler>();
        Services.AddSingleton<BroadcastRegistration>(new BroadcastRegistration<TBroadcast, THandler>());
        return this;
    }

    /// <summary>The component serves HTTP on every listener that offers <paramref name="api"/>.</summary>
    public ComponentBuilder Serves(ApiKind api, Action<IEndpointRouteBuilder> map)
    {
        Services.AddSingleton(new ApiRegistration(Name, api, map));
        return this;
    }
}

/// <summary>The APIs a listener can offer.</summary>
public enum ApiKind
{
    /// <summary>The client-server API and <c>.well-known/matrix/client</c>.</summary>
    Client = 1,

    /// <summary>The server-server API.</summary>
    Federation = 2,

    /// <summary>Media.</summary>
    Media = 3,

    /// <summary>Health, metrics, administration.</summary>
    Internal = 4,

    /// <summary>The operators' console.</summary>
    Console = 5,
}

/// <summary>Routes of a component for one API.</summary>
public sealed record ApiRegistration(string Component, ApiKind Api, Action<IEndpointRouteBuilder> Map);

/// <summary>A component's PostgreSQL schema and where its migrations are embedded.</summary>
public sealed record ComponentSchema(string Component, string Schema, Assembly Migrations);
