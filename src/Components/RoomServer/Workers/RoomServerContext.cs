using Matrix.Bus.Foundation;
using Matrix.Bus.Messages.Rooms;
using Microsoft.Extensions.Logging;

namespace Matrix.Bus.RoomServer;

/// <summary>What every owner of a partition stands on.</summary>
sealed class RoomServerContext(
    PartitionRows partitions,
    Preparation preparation,
    ClientTransactions transactions,
    CommitLanes lanes,
    Names names,
    IAnnounce<OutputRoomEvent> announce,
    RoomServerOptions options,
    TimeProvider clock,
    ILogger<RoomServerContext> log)
{
    public PartitionRows Partitions { get; } = partitions;

    public Preparation Preparation { get; } = preparation;

    public ClientTransactions Transactions { get; } = transactions;

    public CommitLanes Lanes { get; } = lanes;

    public Names Names { get; } = names;

    public IAnnounce<OutputRoomEvent> Announce { get; } = announce;

    public TimeProvider Clock { get; } = clock;

    public ILogger Log { get; } = log;

    /// <summary>A host's rooms in memory are spread over its partitions; a partition may hold a few more than its share.</summary>
    public int HotRoomsPerPartition { get; } = Math.Max(64, options.MaxHotRooms / 8);
}
