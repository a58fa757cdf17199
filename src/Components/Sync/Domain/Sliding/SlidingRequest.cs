using System.Text.Json;
using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.Sync.Domain.Sliding;

/// <summary>What a sliding sync's client asks for (MSC4186), in the proposal's form or in the one that clients send today.</summary>
sealed record SlidingRequest
{
    const int MaxRules = 100;
    const int MaxTimeline = 100;

    public required UserId UserId { get; init; }

    public required string DeviceId { get; init; }

    /// <summary>The client's name for this loop of requests; empty for its only one.</summary>
    public string Connection { get; init; } = "";

    public string? TransactionId { get; init; }

    public IReadOnlyDictionary<string, SlidingList> Lists { get; init; } = new Dictionary<string, SlidingList>();

    /// <summary>By room id.</summary>
    public IReadOnlyDictionary<string, RoomConfig> Subscriptions { get; init; } = new Dictionary<string, RoomConfig>();

    /// <summary>What the client was told of who types.</summary>
    public IReadOnlyDictionary<uint, uint> Typing { get; init; } = TypingMarks.None;

    /// <summary>The names of the extensions that are enabled.</summary>
    public IReadOnlySet<string> Extensions { get; init; } = new HashSet<string>();

    /// <summary>Reads a body.</summary>
    /// <exception cref="RefusedException">400 M_INVALID_PARAM.</exception>
    public static SlidingRequest Read(JsonElement body, Requester requester)
    {
        var user = requester.UserId;
        return new SlidingRequest
        {
            UserId = user,
            DeviceId = requester.DeviceId,
            Connection = Text(body, "conn_id") is not { } name ? "" : name.Length <= 64 ? EventForm.Storable(name) : throw Bad("conn_id is too long"),
            TransactionId = Text(body, "txn_id"),
            Lists = Members(body, "lists").ToDictionary(list => list.Name, list => SlidingList.Read(list.Value, user)),
            Subscriptions = Members(body, "room_subscriptions").ToDictionary(room => EventForm.Storable(room.Name), room => Config(room.Value, user)),
            Extensions = Members(body, "extensions")
                .Where(extension => extension.Value.ValueKind == JsonValueKind.Object && extension.Value.TryGetProperty("enabled"u8, out var on) && on.ValueKind == JsonValueKind.True)
                .Select(extension => extension.Name).ToHashSet(),
        };
    }

    internal static RoomConfig Config(JsonElement json, UserId viewer)
    {
        if (json.ValueKind != JsonValueKind.Object)
            throw Bad("a rule is not an object");
        var limit = 0;
        if (json.TryGetProperty("timeline_limit"u8, out var given) && (given.ValueKind != JsonValueKind.Number || !given.TryGetInt32(out limit) || limit < 0))
            throw Bad("timeline_limit is not a number");
        return new RoomConfig { TimelineLimit = Math.Min(limit, MaxTimeline), States = [RequiredState.Read(json, viewer.Value)] };
    }

    internal static string? Text(JsonElement json, string name) =>
        !json.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString()
        : throw Bad($"{name} is not a string");

    internal static RefusedException Bad(string what) => MatrixError.InvalidParam($"The request is malformed: {what}.").AsException();

    static List<JsonProperty> Members(JsonElement body, string name)
    {
        if (!body.TryGetProperty(name, out var json) || json.ValueKind == JsonValueKind.Null)
            return [];
        if (json.ValueKind != JsonValueKind.Object || json.GetPropertyCount() > MaxRules)
            throw Bad($"{name} is not an object of at most {MaxRules} members");
        return [.. json.EnumerateObject()];
    }
}

/// <summary>A window on the user's rooms.</summary>
sealed record SlidingList
{
    /// <summary>Inclusive; null for all rooms.</summary>
    public IReadOnlyList<(int From, int To)>? Ranges { get; init; }

    public required RoomConfig Config { get; init; }

    public required SlidingFilter Filter { get; init; }

    public static SlidingList Read(JsonElement json, UserId viewer) => new()
    {
        Config = SlidingRequest.Config(json, viewer),
        Ranges = ReadRanges(json),
        Filter = json.TryGetProperty("filters"u8, out var filters) && filters.ValueKind != JsonValueKind.Null ? SlidingFilter.Read(filters) : new SlidingFilter(),
    };

    public bool Covers(int index) => Ranges is null || Ranges.Any(range => range.From <= index && index <= range.To);

    static List<(int, int)>? ReadRanges(JsonElement json)
    {
        if (json.TryGetProperty("range"u8, out var range) && range.ValueKind != JsonValueKind.Null)
            return [Range(range)];
        if (!json.TryGetProperty("ranges"u8, out var ranges) || ranges.ValueKind == JsonValueKind.Null)
            return null;
        return ranges.ValueKind == JsonValueKind.Array && ranges.GetArrayLength() <= 100
            ? [.. ranges.EnumerateArray().Select(Range)]
            : throw SlidingRequest.Bad("ranges is not an array");
    }

    static (int, int) Range(JsonElement json) =>
        json.ValueKind == JsonValueKind.Array && json.GetArrayLength() == 2
        && json[0].ValueKind == JsonValueKind.Number && json[0].TryGetInt64(out var from) && json[1].ValueKind == JsonValueKind.Number && json[1].TryGetInt64(out var to)
        && from >= 0 && to >= from
            ? ((int)Math.Min(from, int.MaxValue), (int)Math.Min(to, int.MaxValue))
            : throw SlidingRequest.Bad("a range is not two ascending numbers");
}

/// <summary>Which rooms a list is about.</summary>
sealed record SlidingFilter
{
    public bool? IsDirect { get; init; }

    public bool? IsEncrypted { get; init; }

    public bool? IsInvite { get; init; }

    public IReadOnlyList<string>? Spaces { get; init; }

    /// <summary>Null among them stands for rooms without a type.</summary>
    public IReadOnlyList<string?>? RoomTypes { get; init; }

    public IReadOnlyList<string?>? NotRoomTypes { get; init; }

    public IReadOnlyList<string>? Tags { get; init; }

    public IReadOnlyList<string>? NotTags { get; init; }

    public bool NeedsTypes => RoomTypes is not null || NotRoomTypes is not null;

    public bool NeedsTags => Tags is not null || NotTags is not null;

    public static SlidingFilter Read(JsonElement json) => json.ValueKind != JsonValueKind.Object ? throw SlidingRequest.Bad("filters is not an object") : new SlidingFilter
    {
        IsDirect = Flag(json, "is_dm"),
        IsEncrypted = Flag(json, "is_encrypted"),
        IsInvite = Flag(json, "is_invite") ?? Flag(json, "is_invited"),
        Spaces = Texts(json, "spaces")?.OfType<string>().ToList(),
        RoomTypes = Texts(json, "room_types"),
        NotRoomTypes = Texts(json, "not_room_types"),
        Tags = Texts(json, "tags")?.OfType<string>().ToList(),
        NotTags = Texts(json, "not_tags")?.OfType<string>().ToList(),
    };

    static bool? Flag(JsonElement json, string name) =>
        !json.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null ? null
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean()
        : throw SlidingRequest.Bad($"{name} is not a boolean");

    static List<string?>? Texts(JsonElement json, string name) =>
        !json.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null ? null
        : value.ValueKind == JsonValueKind.Array && value.GetArrayLength() <= 1000
            ? [.. value.EnumerateArray().Select(element => element.ValueKind switch
            {
                JsonValueKind.Null => null,
                JsonValueKind.String => EventForm.Storable(element.GetString()!),
                _ => throw SlidingRequest.Bad($"{name} is not an array of strings"),
            })]
        : throw SlidingRequest.Bad($"{name} is not an array");
}
