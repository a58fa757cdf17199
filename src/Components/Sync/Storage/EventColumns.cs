using Matrix.Bus.Sync.Domain;
using Npgsql;

namespace Matrix.Bus.Sync.Storage;

/// <summary>Reads events from rows: the one place that knows their columns.</summary>
static class EventColumns
{
    /// <summary>For <c>sync.event e LEFT JOIN sync.event r ON r.event_id = e.redacted_because</c>.</summary>
    public const string Sql = """
        e.event_id, e.room_id, e.position, e.type, e.state_key, e.sender, e.sent_at, e.value, e.has_url, e.json,
        e.replaces_state, e.prev_content, e.device_id, e.transaction_id, e.redacted_because, r.json
        """;

    /// <summary>What <see cref="Sql"/> reads from.</summary>
    public const string Join = "LEFT JOIN sync.event r ON r.event_id = e.redacted_because";

    /// <summary>How many columns there are.</summary>
    public const int Count = 16;

    /// <summary>The event of the current row, its columns from <paramref name="at"/> on.</summary>
    public static SyncEvent Read(NpgsqlDataReader row, int at = 0) => new()
    {
        EventId = row.GetString(at),
        RoomId = row.GetString(at + 1),
        Position = row.IsDBNull(at + 2) ? null : row.GetInt64(at + 2),
        Type = row.GetString(at + 3),
        StateKey = Text(row, at + 4),
        Sender = row.GetString(at + 5),
        SentAt = row.GetInt64(at + 6),
        Value = row.GetInt16(at + 7),
        HasUrl = row.GetBoolean(at + 8),
        Json = row.GetFieldValue<byte[]>(at + 9),
        ReplacesState = Text(row, at + 10),
        PrevContent = Bytes(row, at + 11),
        DeviceId = Text(row, at + 12),
        TransactionId = Text(row, at + 13),
        RedactedBecauseId = Text(row, at + 14),
        RedactedBecause = Bytes(row, at + 15),
    };

    static string? Text(NpgsqlDataReader row, int at) => row.IsDBNull(at) ? null : row.GetString(at);

    static byte[]? Bytes(NpgsqlDataReader row, int at) => row.IsDBNull(at) ? null : row.GetFieldValue<byte[]>(at);
}
