using Matrix.Bus.Protocol;

namespace Matrix.Bus.RoomServer;

/// <summary>What a member of a room has the power to do right now; for commands beside the room's events.</summary>
sealed class RoomPower(RoomReader rooms)
{
    static readonly StateSlot[] Slots = [StateSlot.Create, StateSlot.PowerLevels];

    /// <summary>True for a joined user whose level suffices to send such an event.</summary>
    public async Task<bool> MaySend(RoomId room, UserId user, string type, bool isState, CancellationToken cancel)
    {
        if (await rooms.Version(room, cancel) is not { } version || await rooms.Membership(room, user, cancel) != "join")
            return false;
        var state = await rooms.State(room, Slots, cancel);
        var levels = PowerLevels.Parse(version, state.GetValueOrDefault(StateSlot.PowerLevels), state.GetValueOrDefault(StateSlot.Create));
        return levels.UserLevel(user) >= levels.EventLevel(type, isState);
    }
}
