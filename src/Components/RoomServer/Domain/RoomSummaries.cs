using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.RoomServer;

/// <summary>Summaries of rooms this server is in.</summary>
sealed class RoomSummaries(RoomReader rooms)
{
    /// <summary>The summary, or null for a room that is not known or that no local user is in any more.</summary>
    public async Task<RoomSummary?> Of(RoomId room, CancellationToken cancel)
    {
        if (await rooms.Version(room, cancel) is not { } version)
            return null;
        var joined = await rooms.JoinedCount(room, cancel);
        return joined == 0 ? null : RoomDescription.Summarise(room, version, await rooms.State(room, RoomDescription.Slots, cancel), joined);
    }

    /// <summary>Whether somebody with that membership may hear of it.</summary>
    public async Task<bool> MayHear(RoomSummary summary, UserId? viewer, string? membership, CancellationToken cancel)
    {
        var allowed = new HashSet<RoomId>();
        if (viewer is { } user)
        {
            foreach (var room in summary.AllowedRoomIds.Take(20))
            {
                if (await rooms.Membership(room, user, cancel) == "join")
                    allowed.Add(room);
            }
        }
        return RoomDescription.MayHear(summary, membership, allowed.Contains);
    }
}
