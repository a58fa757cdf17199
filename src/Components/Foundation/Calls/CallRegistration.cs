using Matrix.Bus.Messages;
using Microsoft.Extensions.DependencyInjection;

namespace Matrix.Bus.Foundation;

/// <summary>A call this process can answer, closed over its types at registration: no reflection when it is asked.</summary>
abstract class CallRegistration(string component, Type callType)
{
    public string Component { get; } = component;

    public Type CallType { get; } = callType;

    /// <summary>Runs the handler; the result is a <see cref="Task{TResult}"/> of the answer's type.</summary>
    public abstract Task Invoke(IServiceProvider provider, object call, CancellationToken cancel);

    /// <summary>Lets a transport bind the closed types.</summary>
    public abstract void Accept(ICallVisitor visitor);
}

/// <summary>Visits call registrations with their types.</summary>
interface ICallVisitor
{
    void Visit<TCall, TAnswer>(string component)
        where TCall : class, ICall<TAnswer>
        where TAnswer : class;
}

sealed class CallRegistration<TCall, TAnswer, THandler>(string component) : CallRegistration(component, typeof(TCall))
    where TCall : class, ICall<TAnswer>
    where TAnswer : class
    where THandler : class, ICallHandler<TCall, TAnswer>
{
    THandler? _handler;

    public override Task Invoke(IServiceProvider provider, object call, CancellationToken cancel) =>
        (_handler ??= provider.GetRequiredService<THandler>()).Handle((TCall)call, cancel);

    public override void Accept(ICallVisitor visitor) => visitor.Visit<TCall, TAnswer>(Component);
}

/// <summary>A call that the owner of a partition answers.</summary>
abstract class PartitionedCallRegistration(string component, Type callType)
{
    public string Component { get; } = component;

    public Type CallType { get; } = callType;

    public abstract void Accept(IPartitionedCallVisitor visitor);
}

/// <summary>Visits partitioned call registrations with their types.</summary>
interface IPartitionedCallVisitor
{
    void Visit<TCall, TAnswer, THandler>(string component)
        where TCall : class, ICall<TAnswer>, IRoomCall
        where TAnswer : class
        where THandler : class, IPartitionedCallHandler<TCall, TAnswer>;
}

sealed class PartitionedCallRegistration<TCall, TAnswer, THandler>(string component) : PartitionedCallRegistration(component, typeof(TCall))
    where TCall : class, ICall<TAnswer>, IRoomCall
    where TAnswer : class
    where THandler : class, IPartitionedCallHandler<TCall, TAnswer>
{
    public override void Accept(IPartitionedCallVisitor visitor) => visitor.Visit<TCall, TAnswer, THandler>(Component);
}
