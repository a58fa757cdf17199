using Matrix.Bus.Messages;

namespace Matrix.Bus.RoomServer;

/// <summary>What queries answer about what is not there.</summary>
static class Missing
{
    public static RefusedException Room() => new(404, "M_NOT_FOUND", "This server does not know the room.");

    public static RefusedException Event() => new(404, "M_NOT_FOUND", "This server does not know the event.");
}
