using Matrix.Bus.Foundation;
using Matrix.Bus.Messages.Sync;
using Matrix.Bus.Protocol;
using Matrix.Bus.Sync.Storage;

namespace Matrix.Bus.Sync.Consumers;

/// <summary>Answers from the copy; where that has not come far enough to say yes, once more after it has caught up.</summary>
sealed class QueryRoomPlacesHandler(Places places, CaughtUp caughtUp) : ICallHandler<QueryRoomPlaces, RoomPlaces>
{
    const int MaxEvents = 50;

    public async Task<RoomPlaces> Handle(QueryRoomPlaces call, CancellationToken cancel)
    {
        if (call.EventIds.Count > MaxEvents)
            throw MatrixError.InvalidParam($"At most {MaxEvents} events can be asked for at once.").AsException();
        var found = await places.Of(call, cancel);
        if (found.Membership == Membership.Join && call.EventIds.All(id => found.Of(id) is not null))
            return found;
        await caughtUp.With(call.RoomId, cancel);
        return await places.Of(call, cancel);
    }
}
