using System.Text.Json;
using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;

namespace Matrix.Bus.Sync.Domain;

/// <summary>A client's filter for sync.</summary>
sealed record SyncFilter
{
    const int DefaultLimit = 10;
    const int MaxLimit = 500;

    /// <summary>No filter at all.</summary>
    public static SyncFilter None { get; } = new();

    /// <summary>Which rooms, whatever is in them.</summary>
    public EventFilter Rooms { get; init; } = EventFilter.All;

    public bool IncludeLeave { get; init; }

    public EventFilter Timeline { get; init; } = EventFilter.All;

    public EventFilter State { get; init; } = EventFilter.All;

    public EventFilter Ephemeral { get; init; } = EventFilter.All;

    public EventFilter RoomAccountData { get; init; } = EventFilter.All;

    public EventFilter AccountData { get; init; } = EventFilter.All;

    /// <summary>The fields of events to send, as paths; null for all.</summary>
    public IReadOnlyList<string>? EventFields { get; init; }

    /// <summary>How many events of a room's timeline to send at most.</summary>
    public int TimelineLimit => Math.Clamp(Timeline.Limit ?? DefaultLimit, 0, MaxLimit);

    /// <summary>Either section may ask for lazy loading; clients set it on the state.</summary>
    public bool Lazy => State.LazyLoadMembers || Timeline.LazyLoadMembers;

    public bool SendsRedundantMembers => State.IncludeRedundantMembers;

    /// <summary>Reads a filter's JSON.</summary>
    /// <exception cref="RefusedException">400 M_NOT_JSON or M_BAD_JSON.</exception>
    public static SyncFilter Read(ReadOnlySpan<byte> utf8)
    {
        JsonElement json;
        try
        {
            json = JsonElement.Parse(utf8, new JsonDocumentOptions { MaxDepth = 16 });
        }
        catch (JsonException)
        {
            throw MatrixError.NotJson("The filter is not valid JSON.").AsException();
        }
        if (json.ValueKind != JsonValueKind.Object)
            throw EventFilter.Bad("it is not an object");
        var room = Part(json, "room"u8);
        return new SyncFilter
        {
            EventFields = EventFilter.Texts(json, "event_fields"u8),
            AccountData = Filter(json, "account_data"u8),
            Rooms = room is { } rooms ? new EventFilter { Rooms = EventFilter.Texts(rooms, "rooms"u8), NotRooms = EventFilter.Texts(rooms, "not_rooms"u8) } : EventFilter.All,
            IncludeLeave = room is { } leave && (EventFilter.Flag(leave, "include_leave"u8) ?? false),
            Timeline = Filter(room, "timeline"u8),
            State = Filter(room, "state"u8),
            Ephemeral = Filter(room, "ephemeral"u8),
            RoomAccountData = Filter(room, "account_data"u8),
        };
    }

    static EventFilter Filter(JsonElement? parent, ReadOnlySpan<byte> name) =>
        parent is { } json && Part(json, name) is { } part ? EventFilter.Read(part) : EventFilter.All;

    static JsonElement? Part(JsonElement json, ReadOnlySpan<byte> name) =>
        !json.TryGetProperty(name, out var part) || part.ValueKind == JsonValueKind.Null ? null
        : part.ValueKind == JsonValueKind.Object ? part
        : throw EventFilter.Bad($"{System.Text.Encoding.UTF8.GetString(name)} is not an object");
}
