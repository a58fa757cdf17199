using System.Buffers;
using System.Text.Json;
using Matrix.Bus.Messages.Users;
using Matrix.Bus.Protocol;
using Matrix.Bus.Sync.Domain;
using Matrix.Bus.Sync.Storage;
using Matrix.Bus.Sync.Workers;
using Npgsql;

namespace Matrix.Bus.Sync.Consumers;

/// <summary>What users keep about themselves and their rooms.</summary>
sealed class ClientData([FromKeyedSyncDatabase] NpgsqlDataSource db, GroupCommit commit) : StreamConsumer<OutputClientData>(db, commit)
{
    protected override IEnumerable<Change> Changes(OutputClientData entry)
    {
        var buffer = new ArrayBufferWriter<byte>(entry.Content.Utf8.Length + 64);
        using (var writer = new Utf8JsonWriter(buffer, ClientEvent.Options))
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, entry.Type);
            writer.WritePropertyName("content"u8);
            writer.WriteRawValue(entry.Content.IsEmpty ? "{}"u8 : entry.Content.Utf8.Span, skipInputValidation: true);
            writer.WriteEndObject();
        }
        var room = entry.RoomId?.Value ?? "";
        yield return new Change
        {
            RoomId = room.Length > 0 ? room : null,
            Item = new Item(ItemStream.AccountData, room, entry.UserId.Value, EventForm.Storable(entry.Type), buffer.WrittenSpan.ToArray()),
        };
    }
}
