using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Edus;
using Matrix.Bus.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Matrix.Bus.Receipts;

/// <summary>The markers of users, and the log that tells of them.</summary>
sealed class Markers([FromKeyedServices(ComponentNames.Receipts)] NpgsqlDataSource db, LogTable<OutputReceipt> log)
{
    const string FindSql = "SELECT kind, thread, event_id FROM receipts.newest WHERE room_id = $1 AND user_id = $2";

    // Nothing happens unless the marker stands where the decision believed it to be.
    const string AdvanceSql = """
        INSERT INTO receipts.newest AS n (room_id, user_id, kind, thread, event_id, sent_at) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (room_id, user_id, kind, thread) DO UPDATE SET event_id = EXCLUDED.event_id, sent_at = EXCLUDED.sent_at
        WHERE n.event_id = $7
        """;

    /// <summary>Where a user's markers in a room stand.</summary>
    public async Task<IReadOnlyDictionary<Slot, EventId>> Find(RoomId room, UserId user, CancellationToken cancel) =>
        (await db.Rows(
            FindSql,
            row => (Slot: new Slot((ReceiptKind)row.GetInt16(0), row.GetString(1)), EventId: EventId.Parse(row.GetString(2))),
            cancel,
            room.Value,
            user.Value)).ToDictionary(row => row.Slot, row => row.EventId);

    /// <summary>Moves markers and appends what others may know to the log; false if one of them was moved meanwhile.</summary>
    public async Task<bool> TryAdvance(RoomId room, UserId user, IReadOnlyList<Advance> advances, long now, CancellationToken cancel)
    {
        var moved = 0;
        await log.Write(
            async connection =>
            {
                var entries = new List<OutputReceipt>(advances.Count);
                foreach (var (slot, from, to) in advances)
                {
                    if (await connection.Execute(AdvanceSql, cancel, room.Value, user.Value, (short)slot.Kind, slot.Thread, to.Value, now, from?.Value ?? "") == 0)
                        continue;
                    moved++;
                    if (slot.Kind == ReceiptKind.FullyRead)
                        continue;
                    entries.Add(new OutputReceipt
                    {
                        RoomId = room,
                        UserId = user,
                        Kind = slot.Kind,
                        EventId = to,
                        ThreadId = slot.Thread.Length == 0 ? null : slot.Thread,
                        SentAt = now,
                    });
                }
                return entries;
            },
            cancel);
        return moved == advances.Count;
    }
}
