using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;
using Matrix.Bus.Protocol;
using Matrix.Bus.Sync.Domain;
using Matrix.Bus.Sync.Storage;

namespace Matrix.Bus.Sync.Reading;

/// <summary>Writes events as one client sees them: the stored JSON with <c>unsigned</c> spliced in, never parsed again.</summary>
/// <param name="viewer">The user.</param>
/// <param name="deviceId">The device, which alone is told its own transaction ids.</param>
/// <param name="now">Milliseconds since the epoch, for ages.</param>
/// <param name="withRoomId">False in sync, where the room is the key above.</param>
/// <param name="fields">The fields to keep, as paths; null for all.</param>
sealed class EventWriter(UserId viewer, string deviceId, long now, bool withRoomId, IReadOnlyList<string>? fields = null)
{
    readonly ArrayBufferWriter<byte> _buffer = new(4096);

    /// <summary>Writes one event as a value.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="it">The event.</param>
    /// <param name="membership">What the viewer was at the event; None leaves it out.</param>
    /// <param name="bundle">What relates to it.</param>
    public void Write(Utf8JsonWriter writer, SyncEvent it, Membership membership = Membership.None, Bundle? bundle = null)
    {
        _buffer.ResetWrittenCount();
        Compose(it, membership, bundle);
        if (fields is null)
            writer.WriteRawValue(_buffer.WrittenSpan, skipInputValidation: true);
        else
            EventFields.Write(writer, JsonElement.Parse(_buffer.WrittenSpan), fields);
    }

    void Compose(SyncEvent it, Membership membership, Bundle? bundle)
    {
        Raw(it.Json.AsSpan(0, it.Json.Length - 1));
        if (withRoomId)
        {
            Raw(",\"room_id\":"u8);
            Text(it.RoomId);
        }
        Raw(",\"unsigned\":{\"age\":"u8);
        Number(Math.Max(0, now - it.SentAt));
        if (membership != Membership.None)
        {
            Raw(",\"membership\":\""u8);
            Raw(membership switch
            {
                Membership.Join => "join"u8,
                Membership.Invite => "invite"u8,
                Membership.Ban => "ban"u8,
                Membership.Knock => "knock"u8,
                _ => "leave"u8,
            });
            Raw("\""u8);
        }
        if (it.TransactionId is not null && it.DeviceId == deviceId && it.Sender == viewer.Value)
        {
            Raw(",\"transaction_id\":"u8);
            Text(it.TransactionId);
        }
        if (it.PrevContent is not null)
        {
            Raw(",\"prev_content\":"u8);
            Raw(it.PrevContent);
        }
        if (it.ReplacesState is not null)
        {
            Raw(",\"replaces_state\":"u8);
            Text(it.ReplacesState);
        }
        if (it.RedactedBecause is not null)
        {
            Raw(",\"redacted_because\":"u8);
            Raw(it.RedactedBecause);
        }
        if (bundle is not null)
            Relations(bundle);
        Raw("}}"u8);
    }

    void Relations(Bundle bundle)
    {
        Raw(",\"m.relations\":{"u8);
        var first = true;
        if (bundle.Replacement is { } edit)
        {
            Raw("\"m.replace\":"u8);
            Compose(edit, Membership.None, null);
            first = false;
        }
        if (bundle.ThreadLatest is { } latest)
        {
            Raw(first ? "\"m.thread\":{\"latest_event\":"u8 : ",\"m.thread\":{\"latest_event\":"u8);
            Compose(latest, Membership.None, bundle.OfThreadLatest);
            Raw(",\"count\":"u8);
            Number(bundle.ThreadCount);
            Raw(bundle.Participated ? ",\"current_user_participated\":true}"u8 : ",\"current_user_participated\":false}"u8);
            first = false;
        }
        if (bundle.References.Count > 0)
        {
            Raw(first ? "\"m.reference\":{\"chunk\":["u8 : ",\"m.reference\":{\"chunk\":["u8);
            for (var i = 0; i < bundle.References.Count; i++)
            {
                Raw(i == 0 ? "{\"event_id\":"u8 : ",{\"event_id\":"u8);
                Text(bundle.References[i]);
                Raw("}"u8);
            }
            Raw("]}"u8);
        }
        Raw("}"u8);
    }

    void Raw(ReadOnlySpan<byte> bytes) => _buffer.Write(bytes);

    void Number(long number)
    {
        Utf8Formatter.TryFormat(number, _buffer.GetSpan(20), out var written);
        _buffer.Advance(written);
    }

    void Text(string text)
    {
        Raw("\""u8);
        Raw(JsonEncodedText.Encode(text, ClientEvent.Options.Encoder).EncodedUtf8Bytes);
        Raw("\""u8);
    }
}
