using Matrix.Bus.Messages;

namespace Matrix.Bus.Foundation;

/// <summary>Asks other components, wherever they run.</summary>
public interface ICalls
{
    /// <summary>The answer to a call: from the handler in this process, or over the bus.</summary>
    /// <exception cref="RefusedException">The handler refused, or nobody answered in time (504, M_UNKNOWN).</exception>
    Task<TAnswer> Ask<TAnswer>(ICall<TAnswer> call, CancellationToken cancel)
        where TAnswer : class;
}

/// <summary>Answers a call. Refuses by <see cref="RefusedException"/>; any other exception is a bug or a reason to retry.</summary>
public interface ICallHandler<in TCall, TAnswer>
    where TCall : class, ICall<TAnswer>
    where TAnswer : class
{
    /// <summary>The answer.</summary>
    Task<TAnswer> Handle(TCall call, CancellationToken cancel);
}

/// <summary>Answers the calls of the partitions that this host owns: one batch at a time per partition, in order.</summary>
public interface IPartitionedCallHandler<TCall, TAnswer>
    where TCall : class, ICall<TAnswer>, IRoomCall
    where TAnswer : class
{
    /// <summary>This host owns the partition from now on: nobody else writes to its rooms. Called before its first batch; also
    /// the place to announce again what a predecessor may have left unannounced.</summary>
    Task Attach(int partition, CancellationToken cancel);

    /// <summary>Handles what has come, in order. Every call of the batch is answered, refused or failed before this returns; an
    /// exception fails what was left. Never called concurrently for one partition.</summary>
    /// <exception cref="FencedException">Another host has written here, and nothing of this batch was: if this host still holds the
    /// partition, it is detached and attached again, and gets what is unanswered once more.</exception>
    Task Handle(int partition, IReadOnlyList<PendingCall<TCall, TAnswer>> batch, CancellationToken cancel);

    /// <summary>The partition goes to another host: forget what was kept of it. The last batch has returned.</summary>
    Task Detach(int partition);
}

/// <summary>A call that waits for its answer.</summary>
public sealed class PendingCall<TCall, TAnswer>(TCall call, string? trace)
    where TCall : class
    where TAnswer : class
{
    readonly TaskCompletionSource<TAnswer> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The call.</summary>
    public TCall Call { get; } = call;

    /// <summary>W3C traceparent of the caller.</summary>
    public string? Trace { get; } = trace;

    /// <summary>What the caller gets.</summary>
    public Task<TAnswer> Answered => _answer.Task;

    /// <summary>Answers; the first word counts.</summary>
    public void Answer(TAnswer answer) => _answer.TrySetResult(answer);

    /// <summary>Refuses or fails.</summary>
    public void Fail(Exception exception) => _answer.TrySetException(exception);
}
