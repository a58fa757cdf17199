namespace Matrix.Bus.Protocol;

/// <summary>How state conflicts are resolved in a room version.</summary>
public enum StateResolutionAlgorithm
{
    /// <summary>Room version 1.</summary>
    V1 = 1,

    /// <summary>Room versions 2 to 11.</summary>
    V2 = 2,

    /// <summary>Room version 12 (MSC4297): starts from the empty set and replays the conflicted subgraph.</summary>
    V21 = 3,
}

/// <summary>Which redaction algorithm keeps which keys.</summary>
public enum RedactionAlgorithm
{
    /// <summary>Versions 1 to 5: aliases keep their list.</summary>
    V1 = 1,

    /// <summary>Versions 6 and 7: m.room.aliases no longer protected.</summary>
    V6 = 6,

    /// <summary>Version 8: join rules keep <c>allow</c>.</summary>
    V8 = 8,

    /// <summary>Versions 9 and 10: membership keeps <c>join_authorised_via_users_server</c>.</summary>
    V9 = 9,

    /// <summary>Versions 11 and 12.</summary>
    V11 = 11,
}

/// <summary>How an event gets its id.</summary>
public enum EventIdFormat
{
    /// <summary>Versions 1 and 2: <c>$opaque:server</c>, carried in the event.</summary>
    Given = 1,

    /// <summary>Version 3: reference hash in standard unpadded base64.</summary>
    HashBase64 = 3,

    /// <summary>Version 4 and later: reference hash in URL-safe unpadded base64.</summary>
    HashUrlSafe = 4,
}

/// <summary>The rules of a room version, as flags that name what differs (spec, rooms/).</summary>
public sealed record RoomVersion
{
    /// <summary>The identifier, "1" to "12".</summary>
    public required string Id { get; init; }

    /// <summary>The number of a known version.</summary>
    public required int Number { get; init; }

    /// <summary>State resolution algorithm.</summary>
    public required StateResolutionAlgorithm StateResolution { get; init; }

    /// <summary>Redaction algorithm.</summary>
    public required RedactionAlgorithm Redaction { get; init; }

    /// <summary>Event id format.</summary>
    public required EventIdFormat EventIdFormat { get; init; }

    /// <summary>Version 5+: signing keys must be valid at the event's time.</summary>
    public bool EnforcesKeyValidity => Number >= 5;

    /// <summary>Version 6+: canonical JSON is strict (integers within ±(2^53−1), no floats).</summary>
    public bool StrictCanonicalJson => Number >= 6;

    /// <summary>Version 6+: notifications in power levels are authorised.</summary>
    public bool LimitsNotificationsPowerLevels => Number >= 6;

    /// <summary>Versions 1 to 5: m.room.aliases has its own auth rule.</summary>
    public bool HasAliasesRule => Number <= 5;

    /// <summary>Version 3+: redactions are authorised by the receiving server (rule 11 of versions 1 and 2 is gone).</summary>
    public bool ChecksRedactionOnReceipt => Number >= 3;

    /// <summary>Version 7+: knocking.</summary>
    public bool AllowsKnocking => Number >= 7;

    /// <summary>Version 8+: restricted joins.</summary>
    public bool AllowsRestrictedJoins => Number >= 8;

    /// <summary>Version 10+: knock_restricted.</summary>
    public bool AllowsKnockRestricted => Number >= 10;

    /// <summary>Version 10+: power levels must be integers.</summary>
    public bool IntegerPowerLevelsOnly => Number >= 10;

    /// <summary>Version 11+: the creator is the sender of the create event, and redacts lives in content.</summary>
    public bool CreatorIsSender => Number >= 11;

    /// <summary>Version 12+: the room id is the create event's reference hash, and the create event is no auth event.</summary>
    public bool RoomIdIsCreateHash => Number >= 12;

    /// <summary>Version 12+: creators have infinite power.</summary>
    public bool PrivilegedCreators => Number >= 12;

    /// <summary>The known version of that id, or null.</summary>
    public static RoomVersion? Find(string? id) => id is not null && Known.TryGetValue(id, out var version) ? version : null;

    /// <summary>Every version this server speaks, by id.</summary>
    public static IReadOnlyDictionary<string, RoomVersion> Known { get; } = Enumerable.Range(1, 12).Select(Make).ToDictionary(v => v.Id);

    /// <summary>The known version of that number, 1 to 12.</summary>
    public static RoomVersion Of(int number) => Known[number.ToString(System.Globalization.CultureInfo.InvariantCulture)];

    static RoomVersion Make(int number) => new()
    {
        Id = number.ToString(System.Globalization.CultureInfo.InvariantCulture),
        Number = number,
        StateResolution = number switch { 1 => StateResolutionAlgorithm.V1, <= 11 => StateResolutionAlgorithm.V2, _ => StateResolutionAlgorithm.V21 },
        Redaction = number switch { <= 5 => RedactionAlgorithm.V1, <= 7 => RedactionAlgorithm.V6, 8 => RedactionAlgorithm.V8, <= 10 => RedactionAlgorithm.V9, _ => RedactionAlgorithm.V11 },
        EventIdFormat = number switch { <= 2 => EventIdFormat.Given, 3 => EventIdFormat.HashBase64, _ => EventIdFormat.HashUrlSafe },
    };

    /// <inheritdoc/>
    public override string ToString() => Id;
}
