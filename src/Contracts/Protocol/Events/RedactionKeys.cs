namespace Matrix.Bus.Protocol;

/// <summary>Which keys each redaction algorithm keeps (rooms/, "Redactions").</summary>
static class RedactionKeys
{
    static readonly string[] keptSinceTheFirst =
    [
        "event_id", "type", "room_id", "sender", "state_key", "content", "hashes", "signatures", "depth", "prev_events",
        "auth_events", "origin_server_ts",
    ];

    static readonly ByteKeys top = new(keptSinceTheFirst);
    static readonly ByteKeys topBeforeV11 = new([.. keptSinceTheFirst, "prev_state", "origin", "membership"]);

    static readonly ByteKeys none = new();
    static readonly ByteKeys powerLevels = new("ban", "events", "events_default", "kick", "redact", "state_default", "users", "users_default");
    static readonly ByteKeys powerLevelsWithInvite = new("ban", "events", "events_default", "invite", "kick", "redact", "state_default", "users", "users_default");
    static readonly ByteKeys membership = new("membership");
    static readonly ByteKeys membershipWithAuthoriser = new("membership", "join_authorised_via_users_server");
    static readonly ByteKeys creator = new("creator");
    static readonly ByteKeys joinRule = new("join_rule");
    static readonly ByteKeys joinRuleWithAllow = new("join_rule", "allow");
    static readonly ByteKeys aliases = new("aliases");
    static readonly ByteKeys historyVisibility = new("history_visibility");
    static readonly ByteKeys redacts = new("redacts");

    public static ByteKeys Top(RedactionAlgorithm algorithm) => algorithm >= RedactionAlgorithm.V11 ? top : topBeforeV11;

    /// <summary>The keys of content that are kept; null if all are.</summary>
    public static ByteKeys? Content(RedactionAlgorithm algorithm, string type) => type switch
    {
        "m.room.member" => algorithm >= RedactionAlgorithm.V9 ? membershipWithAuthoriser : membership,
        "m.room.create" => algorithm >= RedactionAlgorithm.V11 ? null : creator,
        "m.room.join_rules" => algorithm >= RedactionAlgorithm.V8 ? joinRuleWithAllow : joinRule,
        "m.room.power_levels" => algorithm >= RedactionAlgorithm.V11 ? powerLevelsWithInvite : powerLevels,
        "m.room.aliases" => algorithm == RedactionAlgorithm.V1 ? aliases : none,
        "m.room.history_visibility" => historyVisibility,
        "m.room.redaction" => algorithm >= RedactionAlgorithm.V11 ? redacts : none,
        _ => none,
    };

    /// <summary>Version 11 on: a membership keeps <c>signed</c> of its third-party invite.</summary>
    public static bool KeepsSignedInvite(RedactionAlgorithm algorithm, string type) =>
        algorithm >= RedactionAlgorithm.V11 && type == "m.room.member";
}

/// <summary>A few keys, looked up by their bytes.</summary>
sealed class ByteKeys(params string[] keys)
{
    readonly byte[][] keys = Array.ConvertAll(keys, System.Text.Encoding.UTF8.GetBytes);

    public bool Contains(ReadOnlySpan<byte> key)
    {
        foreach (var candidate in keys)
        {
            if (key.SequenceEqual(candidate))
                return true;
        }
        return false;
    }
}
