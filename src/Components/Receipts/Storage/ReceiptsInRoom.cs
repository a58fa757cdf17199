using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Edus;
using Matrix.Bus.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Matrix.Bus.Receipts;

/// <summary>The newest receipts of each user in a room, as one viewer may see them.</summary>
sealed class ReceiptsInRoom([FromKeyedServices(ComponentNames.Receipts)] NpgsqlDataSource db)
{
    const string ReadSql = """
        SELECT user_id, kind, thread, event_id, sent_at FROM receipts.newest
        WHERE room_id = $1 AND (kind = 1 OR (kind = 2 AND user_id = $2))
        ORDER BY user_id, kind, thread
        """;

    /// <summary>Reads them.</summary>
    public async Task<IReadOnlyList<OutputReceipt>> Read(RoomId room, UserId? viewer, CancellationToken cancel) => await db.Rows(
        ReadSql,
        row => new OutputReceipt
        {
            RoomId = room,
            UserId = UserId.Parse(row.GetString(0)),
            Kind = (ReceiptKind)row.GetInt16(1),
            ThreadId = row.GetString(2) is { Length: > 0 } thread ? thread : null,
            EventId = EventId.Parse(row.GetString(3)),
            SentAt = row.GetInt64(4),
        },
        cancel,
        room.Value,
        viewer?.Value ?? "");
}
