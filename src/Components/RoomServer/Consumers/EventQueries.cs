using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Rooms;

namespace Matrix.Bus.RoomServer;

/// <summary>Events by their ids.</summary>
sealed class QueryEventsByIdHandler(EventReader events) : ICallHandler<QueryEventsById, StoredEvents>
{
    const int Max = 500;

    public async Task<StoredEvents> Handle(QueryEventsById call, CancellationToken cancel)
    {
        if (call.EventIds.Count > Max)
            throw new RefusedException(400, "M_INVALID_PARAM", $"At most {Max} events can be asked for at once.");
        var found = await events.ById(call.EventIds, cancel);
        found.RemoveAll(each =>
            (call.RoomId is { } room && each.RoomId != room) || (!call.IncludeRefused && each.Verdict != EventVerdict.Accepted));
        return new StoredEvents { Events = found };
    }
}

/// <summary>The verdict on an event.</summary>
sealed class QueryEventCheckHandler(EventReader events) : ICallHandler<QueryEventCheck, EventCheck>
{
    public async Task<EventCheck> Handle(QueryEventCheck call, CancellationToken cancel) =>
        await events.Check(call.EventId, cancel) ?? throw Missing.Event();
}
