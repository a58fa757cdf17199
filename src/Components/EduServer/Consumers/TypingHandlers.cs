using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Edus;

namespace Matrix.Bus.EduServer;

/// <summary>The owner of a room's partition gives what is said there its order, and tells everybody.</summary>
sealed class InputTypingHandler(TypingVersions versions, IBroadcasts broadcasts) : IPartitionedCallHandler<InputTyping, Done>
{
    public Task Attach(int partition, CancellationToken cancel) => Task.CompletedTask;

    public Task Handle(int partition, IReadOnlyList<PendingCall<InputTyping, Done>> batch, CancellationToken cancel)
    {
        foreach (var pending in batch)
        {
            var said = pending.Call;
            broadcasts.Tell(new OutputTyping
            {
                RoomId = said.RoomId,
                UserId = said.UserId,
                Typing = said.Typing && said.Timeout > 0,
                Timeout = Math.Clamp(said.Timeout, 0, InputTyping.MaxTimeout),
                Version = versions.Next(partition),
            });
            pending.Answer(Done.It);
        }
        return Task.CompletedTask;
    }

    public Task Detach(int partition)
    {
        versions.Forget(partition);
        return Task.CompletedTask;
    }
}

/// <summary>Writes down who types, on every host, so that each can answer.</summary>
sealed class OutputTypingHandler(TypingBook book) : IBroadcastHandler<OutputTyping>
{
    public void Hear(OutputTyping broadcast) => book.Note(broadcast);
}

/// <summary>Reads the book.</summary>
sealed class QueryTypingHandler(TypingBook book) : ICallHandler<QueryTyping, TypingUsers>
{
    public Task<TypingUsers> Handle(QueryTyping call, CancellationToken cancel) =>
        Task.FromResult(new TypingUsers { UserIds = book.In(call.RoomId) });
}
