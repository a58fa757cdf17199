using System.Text.Json;
using System.Text.Json.Serialization;
using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.Sync.Domain.Sliding;

/// <summary>Slots of state by type and key; null stands for any.</summary>
readonly record struct StatePattern(string? Type, string? Key)
{
    public bool Matches(string type, string key) => (Type is null || Type == type) && (Key is null || Key == key);
}

/// <summary>Which state of a room a client wants (MSC4186, "RequiredStateRequest").</summary>
sealed record RequiredState
{
    const int MaxPatterns = 500;

    public IReadOnlyList<StatePattern> Include { get; init; } = [];

    public IReadOnlyList<StatePattern> Exclude { get; init; } = [];

    /// <summary>True if members come as they are needed, rather than because a pattern without a key covers them.</summary>
    public bool LazyMembers { get; init; }

    /// <summary>True if every member event is wanted.</summary>
    [JsonIgnore]
    public bool AllMembers => !LazyMembers && Include.Any(pattern => pattern.Key is null && pattern.Type is null or EventTypes.Member);

    public bool Matches(string type, string key) =>
        Include.Any(pattern => pattern.Matches(type, key) && !(LazyMembers && type == EventTypes.Member && pattern.Key is null))
        && !Exclude.Any(pattern => pattern.Matches(type, key));

    /// <summary>Reads either form: the proposal's object, or the array of pairs that clients send today.</summary>
    /// <exception cref="RefusedException">400 M_INVALID_PARAM.</exception>
    public static RequiredState Read(JsonElement config, string viewer)
    {
        if (!config.TryGetProperty("required_state"u8, out var json) || json.ValueKind == JsonValueKind.Null)
            return new RequiredState();
        if (json.ValueKind == JsonValueKind.Array)
            return Pairs(json, viewer);
        if (json.ValueKind != JsonValueKind.Object)
            throw Bad();
        return new RequiredState
        {
            Include = Patterns(json, "include"u8),
            Exclude = Patterns(json, "exclude"u8),
            LazyMembers = json.TryGetProperty("lazy_members"u8, out var lazy) && lazy.ValueKind == JsonValueKind.True,
        };
    }

    static RequiredState Pairs(JsonElement json, string viewer)
    {
        if (json.GetArrayLength() > MaxPatterns)
            throw Bad();
        var include = new List<StatePattern>();
        var lazy = false;
        foreach (var pair in json.EnumerateArray())
        {
            if (pair.ValueKind != JsonValueKind.Array || pair.GetArrayLength() != 2 || pair[0].ValueKind != JsonValueKind.String || pair[1].ValueKind != JsonValueKind.String)
                throw Bad();
            var (type, key) = (EventForm.Storable(pair[0].GetString()!), EventForm.Storable(pair[1].GetString()!));
            if (key == "$LAZY")
                lazy |= type is EventTypes.Member or "*";
            else
                include.Add(new StatePattern(type == "*" ? null : type, key switch { "*" => null, "$ME" => viewer, _ => key }));
        }
        return new RequiredState { Include = include, LazyMembers = lazy };
    }

    static List<StatePattern> Patterns(JsonElement json, ReadOnlySpan<byte> name)
    {
        if (!json.TryGetProperty(name, out var array) || array.ValueKind == JsonValueKind.Null)
            return [];
        if (array.ValueKind != JsonValueKind.Array || array.GetArrayLength() > MaxPatterns)
            throw Bad();
        return [.. array.EnumerateArray().Select(element => element.ValueKind == JsonValueKind.Object
            ? new StatePattern(Text(element, "type"u8), Text(element, "state_key"u8))
            : throw Bad())];
    }

    static string? Text(JsonElement element, ReadOnlySpan<byte> name) =>
        !element.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null ? null
        : value.ValueKind == JsonValueKind.String ? EventForm.Storable(value.GetString()!)
        : throw Bad();

    static RefusedException Bad() => MatrixError.InvalidParam("required_state does not have the expected form.").AsException();
}

/// <summary>What is wanted of a room: the union of what every list and subscription that covers it wants.</summary>
sealed record RoomConfig
{
    public int TimelineLimit { get; init; }

    public IReadOnlyList<RequiredState> States { get; init; } = [];

    /// <summary>True if all member events are wanted by one of them.</summary>
    [JsonIgnore]
    public bool AllMembers => States.Any(state => state.AllMembers);

    [JsonIgnore]
    public bool LazyMembers => !AllMembers && States.Any(state => state.LazyMembers);

    /// <summary>The types to read; null for all.</summary>
    [JsonIgnore]
    public IReadOnlySet<string>? Types =>
        States.Any(state => state.Include.Any(pattern => pattern.Type is null)) ? null : States.SelectMany(state => state.Include).Select(pattern => pattern.Type!).ToHashSet();

    /// <summary>The users whose member events are asked for by name.</summary>
    [JsonIgnore]
    public IEnumerable<string> NamedMembers =>
        States.SelectMany(state => state.Include).Where(pattern => pattern is { Type: null or EventTypes.Member, Key.Length: > 0 }).Select(pattern => pattern.Key!).Distinct();

    public bool Matches(string type, string key) => States.Any(state => state.Matches(type, key));

    public RoomConfig With(RoomConfig other) => new()
    {
        TimelineLimit = Math.Max(TimelineLimit, other.TimelineLimit),
        States = States.Contains(other.States[0], RequiredStateForm.Comparer) ? States : [.. States, .. other.States],
    };
}

/// <summary>Required state as text: to compare, and to remember what a client was sent.</summary>
static class RequiredStateForm
{
    public static IEqualityComparer<RequiredState> Comparer { get; } =
        EqualityComparer<RequiredState>.Create((a, b) => Text([a!]) == Text([b!]), state => Text([state]).GetHashCode(StringComparison.Ordinal));

    public static string Text(IReadOnlyList<RequiredState> states) => JsonSerializer.Serialize(states);

    public static IReadOnlyList<RequiredState> Read(string text) => JsonSerializer.Deserialize<List<RequiredState>>(text)!;
}
