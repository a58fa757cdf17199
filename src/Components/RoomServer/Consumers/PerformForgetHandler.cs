using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Rooms;

namespace Matrix.Bus.RoomServer;

/// <summary>Forgetting a room: told by the log in its place among the room's events, hence input to the room's partition.</summary>
sealed class PerformForgetHandler(ICalls calls) : ICallHandler<PerformForget, Done>
{
    public async Task<Done> Handle(PerformForget call, CancellationToken cancel)
    {
        var forget = new InputEvent { Kind = InputKind.Forget, Forgets = call.UserId };
        await calls.Ask(new InputRoomEvents { RoomId = call.RoomId, Events = [forget] }, cancel);
        return Done.It;
    }
}
