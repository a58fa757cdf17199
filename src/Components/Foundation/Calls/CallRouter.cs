using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Reflection;
using Matrix.Bus.Messages;

namespace Matrix.Bus.Foundation;

/// <summary>One road for calls that are answered in this process, another for those that are not; the caller cannot tell.</summary>
sealed class CallRouter : ICalls
{
    static readonly ConcurrentDictionary<Type, AnsweredByAttribute> Addresses = new();

    readonly IServiceProvider _provider;
    readonly FrozenDictionary<Type, CallRegistration> _local;
    readonly FrozenDictionary<Type, ILocalPartitions> _partitions;
    readonly FrozenSet<string> _producers;
    readonly IRemoteCalls? _remote;

    public CallRouter(
        IServiceProvider provider,
        IEnumerable<CallRegistration> local,
        IEnumerable<ILocalPartitions> partitions,
        IEnumerable<LogProducerRegistration> logs,
        IRemoteCalls? remote = null)
    {
        _provider = provider;
        _local = local.Where(call => call.CallType != typeof(QueryLog)).ToFrozenDictionary(call => call.CallType);
        _partitions = partitions.ToFrozenDictionary(each => each.CallType);
        _producers = logs.Select(log => log.Component).ToFrozenSet();
        _remote = remote;
    }

    public Task<TAnswer> Ask<TAnswer>(ICall<TAnswer> call, CancellationToken cancel)
        where TAnswer : class
    {
        var type = call.GetType();
        if (_local.TryGetValue(type, out var registration))
            return Bounded((Task<TAnswer>)registration.Invoke(_provider, call, cancel), type, cancel);

        // A partition may be owned by another host even when this process runs the component.
        if (call is IRoomCall room && _partitions.TryGetValue(type, out var local)
            && local.Ask(room, cancel) is Task<TAnswer> answered)
            return Bounded(answered, type, cancel);

        if (_remote is null)
            throw new InvalidOperationException($"No component in this process answers {type.Name}, and there is no bus to ask others.");

        return _remote.Ask(call, AddressOf(type, call), Timeout(type), cancel);
    }

    static string AddressOf<TAnswer>(Type type, ICall<TAnswer> call)
        where TAnswer : class =>
        call is QueryLog log ? log.Producer : Attribute(type).Component;

    static TimeSpan Timeout(Type type) => type == typeof(QueryLog) ? TimeSpan.FromSeconds(30) : TimeSpan.FromSeconds(Attribute(type).TimeoutSeconds);

    static AnsweredByAttribute Attribute(Type type) => Addresses.GetOrAdd(type, static type =>
        type.GetCustomAttribute<AnsweredByAttribute>() ?? throw new InvalidOperationException($"{type.Name} does not say which component answers it."));

    /// <summary>The timeout holds on the direct road too, or the two would differ just when something is wrong.</summary>
    static Task<TAnswer> Bounded<TAnswer>(Task<TAnswer> answered, Type type, CancellationToken cancel)
        where TAnswer : class =>
        answered.IsCompleted ? answered : Wait(answered, type, cancel);

    static async Task<TAnswer> Wait<TAnswer>(Task<TAnswer> answered, Type type, CancellationToken cancel)
        where TAnswer : class
    {
        try
        {
            return await answered.WaitAsync(Timeout(type), cancel);
        }
        catch (TimeoutException)
        {
            throw CallTimeout(type);
        }
    }

    internal static RefusedException CallTimeout(Type type) => new(504, "M_UNKNOWN", $"{type.Name} was not answered in time. It may still take effect; repeat it.");
}

/// <summary>The road over the bus.</summary>
interface IRemoteCalls
{
    Task<TAnswer> Ask<TAnswer>(ICall<TAnswer> call, string component, TimeSpan timeout, CancellationToken cancel)
        where TAnswer : class;
}

/// <summary>The partitions of one call that this host owns.</summary>
interface ILocalPartitions
{
    Type CallType { get; }

    /// <summary>The task of the answer, or null if the room's partition is not owned here.</summary>
    Task? Ask(IRoomCall call, CancellationToken cancel);
}
