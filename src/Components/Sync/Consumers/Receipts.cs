using System.Buffers;
using System.Text.Json;
using Matrix.Bus.Messages.Edus;
using Matrix.Bus.Protocol;
using Matrix.Bus.Sync.Domain;
using Matrix.Bus.Sync.Storage;
using Matrix.Bus.Sync.Workers;
using Npgsql;

namespace Matrix.Bus.Sync.Consumers;

/// <summary>Up to where users have read. What is private concerns its user alone.</summary>
sealed class Receipts([FromKeyedSyncDatabase] NpgsqlDataSource db, GroupCommit commit) : StreamConsumer<OutputReceipt>(db, commit)
{
    protected override IEnumerable<Change> Changes(OutputReceipt entry)
    {
        // Anything that is not known to be public is private.
        var owner = entry.Kind == ReceiptKind.Read ? "" : entry.UserId.Value;
        yield return new Change
        {
            RoomId = entry.RoomId.Value,
            Item = new Item(ItemStream.Receipt, entry.RoomId.Value, owner, $"{(int)entry.Kind} {entry.UserId.Value} {entry.ThreadId}", Body(entry)),
        };
    }

    /// <summary>As <see cref="Reading.Ephemeral"/> reads it.</summary>
    static byte[] Body(OutputReceipt entry)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer, ClientEvent.Options))
        {
            writer.WriteStartObject();
            writer.WriteString("event_id"u8, entry.EventId.Value);
            writer.WriteString("type"u8, entry.Kind == ReceiptKind.Read ? "m.read"u8 : "m.read.private"u8);
            writer.WriteString("user_id"u8, entry.UserId.Value);
            writer.WriteStartObject("data"u8);
            writer.WriteNumber("ts"u8, entry.SentAt);
            if (entry.ThreadId is { } thread)
                writer.WriteString("thread_id"u8, thread);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }
}
