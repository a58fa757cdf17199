using System.Text.Json;
using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Edus;
using Matrix.Bus.Messages.Sync;
using Matrix.Bus.Messages.Users;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.Receipts;

/// <summary>Moves markers forwards: Sync, whose copy has the order that clients see, says which of two events is later.</summary>
/// <remarks>No order is stored here: both events are asked for each time, so that a rebuilt copy does no harm.</remarks>
sealed class InputReceiptsHandler(Markers markers, ICalls calls, TimeProvider clock) : ICallHandler<InputReceipts, Done>
{
    const int MaxMarks = 10;

    public async Task<Done> Handle(InputReceipts call, CancellationToken cancel)
    {
        if (call.Marks.Count > MaxMarks)
            throw MatrixError.InvalidParam($"At most {MaxMarks} markers can be set at once.").AsException();

        IReadOnlyDictionary<Slot, EventId> standing;
        IReadOnlyList<Advance> advances;
        do
        {
            standing = await markers.Find(call.RoomId, call.UserId, cancel);
            var events = call.Marks.Select(mark => mark.EventId)
                .Concat(call.Marks.Select(Slot.Of).Where(standing.ContainsKey).Select(slot => standing[slot])).Distinct().ToList();
            var places = await calls.Ask(new QueryRoomPlaces { RoomId = call.RoomId, UserId = call.UserId, EventIds = events }, cancel);
            advances = Advances.Of(call.Marks, standing, places);
        }
        while (advances.Count > 0 && !await markers.TryAdvance(call.RoomId, call.UserId, advances, clock.GetUtcNow().ToUnixTimeMilliseconds(), cancel));

        if (call.Marks.Any(mark => mark.Kind == ReceiptKind.FullyRead))
            await TellFullyRead(call.RoomId, call.UserId, cancel);
        return Done.It;
    }

    /// <summary>The account data follows the marker, for a repeat too: a crash may have come between them.</summary>
    async Task TellFullyRead(RoomId room, UserId user, CancellationToken cancel)
    {
        EventId? told = null;
        // Until it has not moved meanwhile: of two that tell at once, the earlier marker may come last.
        while ((await markers.Find(room, user, cancel)).TryGetValue(new Slot(ReceiptKind.FullyRead, ""), out var stands) && stands != told)
        {
            var content = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string> { ["event_id"] = stands.Value });
            await calls.Ask(new PerformAccountDataUpdate { UserId = user, RoomId = room, Type = "m.fully_read", Content = new RawJson(content) }, cancel);
            told = stands;
        }
    }
}

/// <summary>Reads the receipts of a room.</summary>
sealed class QueryRoomReceiptsHandler(ReceiptsInRoom receipts) : ICallHandler<QueryRoomReceipts, RoomReceipts>
{
    public async Task<RoomReceipts> Handle(QueryRoomReceipts call, CancellationToken cancel) =>
        new() { Receipts = await receipts.Read(call.RoomId, call.Viewer, cancel) };
}
