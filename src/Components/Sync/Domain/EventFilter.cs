using System.Text.Json;
using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;

namespace Matrix.Bus.Sync.Domain;

/// <summary>Which events a client wants (client-server API, "Filtering": EventFilter and RoomEventFilter).</summary>
sealed record EventFilter
{
    const int MaxEntries = 1000;

    /// <summary>Everything.</summary>
    public static EventFilter All { get; } = new();

    public int? Limit { get; init; }

    public IReadOnlyList<string>? Types { get; init; }

    public IReadOnlyList<string>? NotTypes { get; init; }

    public IReadOnlyList<string>? Senders { get; init; }

    public IReadOnlyList<string>? NotSenders { get; init; }

    public IReadOnlyList<string>? Rooms { get; init; }

    public IReadOnlyList<string>? NotRooms { get; init; }

    public bool? ContainsUrl { get; init; }

    public bool LazyLoadMembers { get; init; }

    public bool IncludeRedundantMembers { get; init; }

    /// <summary>The types to include as patterns of SQL's LIKE, null for all.</summary>
    public string[]? LikeTypes => Types?.Select(Like).ToArray();

    /// <summary>The types to exclude as patterns of SQL's LIKE.</summary>
    public string[]? LikeNotTypes => NotTypes?.Select(Like).ToArray();

    public bool Matches(SyncEvent it) =>
        MatchesType(it.Type) && MatchesSender(it.Sender) && MatchesRoom(it.RoomId) && (ContainsUrl is not { } url || url == it.HasUrl);

    public bool MatchesType(string type) =>
        (Types is null || Types.Any(pattern => Glob(pattern, type))) && (NotTypes is null || !NotTypes.Any(pattern => Glob(pattern, type)));

    public bool MatchesSender(string sender) => (Senders is null || Senders.Contains(sender)) && (NotSenders is null || !NotSenders.Contains(sender));

    public bool MatchesRoom(string roomId) => (Rooms is null || Rooms.Contains(roomId)) && (NotRooms is null || !NotRooms.Contains(roomId));

    /// <summary>Reads a filter.</summary>
    /// <exception cref="RefusedException">400 M_BAD_JSON: a member has another type than the spec gives it.</exception>
    public static EventFilter Read(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object)
            throw Bad("a filter is not an object");
        return new EventFilter
        {
            Limit = json.TryGetProperty("limit"u8, out var limit) && limit.ValueKind != JsonValueKind.Null
                ? limit.ValueKind == JsonValueKind.Number && limit.TryGetInt32(out var number) && number >= 0 ? number : throw Bad("limit is not a positive integer")
                : null,
            Types = Texts(json, "types"u8),
            NotTypes = Texts(json, "not_types"u8),
            Senders = Texts(json, "senders"u8),
            NotSenders = Texts(json, "not_senders"u8),
            Rooms = Texts(json, "rooms"u8),
            NotRooms = Texts(json, "not_rooms"u8),
            ContainsUrl = Flag(json, "contains_url"u8),
            LazyLoadMembers = Flag(json, "lazy_load_members"u8) ?? false,
            IncludeRedundantMembers = Flag(json, "include_redundant_members"u8) ?? false,
        };
    }

    /// <summary>True if a text matches a pattern whose <c>*</c> stand for anything: linear in their lengths' product, no backtracking.</summary>
    public static bool Glob(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text)
    {
        int p = 0, t = 0, star = -1, mark = 0;
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
                (star, mark) = (p++, t);
            else if (p < pattern.Length && pattern[p] == text[t])
                (p, t) = (p + 1, t + 1);
            else if (star >= 0)
                (p, t) = (star + 1, ++mark);
            else
                return false;
        }
        while (p < pattern.Length && pattern[p] == '*')
            p++;
        return p == pattern.Length;
    }

    internal static IReadOnlyList<string>? Texts(JsonElement json, ReadOnlySpan<byte> name)
    {
        if (!json.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
            return null;
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > MaxEntries)
            throw Bad($"{System.Text.Encoding.UTF8.GetString(name)} is not an array of at most {MaxEntries} strings");
        return [.. value.EnumerateArray().Select(entry => entry.ValueKind == JsonValueKind.String ? EventForm.Storable(entry.GetString()!) : throw Bad("an entry is not a string"))];
    }

    internal static bool? Flag(JsonElement json, ReadOnlySpan<byte> name) =>
        !json.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null ? null
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean()
        : throw Bad($"{System.Text.Encoding.UTF8.GetString(name)} is not a boolean");

    internal static RefusedException Bad(string what) => MatrixError.BadJson($"The filter is malformed: {what}.").AsException();

    static string Like(string pattern) =>
        pattern.Replace(@"\", @"\\").Replace("%", @"\%").Replace("_", @"\_").Replace('*', '%');
}
