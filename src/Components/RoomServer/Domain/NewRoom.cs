using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.RoomServer;

/// <summary>The first events of a room, in the order that createRoom promises (client-server API, "Room creation").</summary>
static class NewRoom
{
    /// <summary>Above the default of state events, so that only those with more than it may end a version 12 room.</summary>
    const int TombstoneLevel = 150;

    const string Nonce = "matrix.bus.nonce";

    /// <summary>Content of the create event.</summary>
    public static RawJson CreateContent(CreateRoom request, RoomVersion version)
    {
        var content = ObjectOf(request.CreationContent);
        content["room_version"] = version.Id;
        content.Remove("creator");
        if (!version.CreatorIsSender)
            content["creator"] = request.Creator.Value;
        // The room's id is the hash of this event: without it, what one user asks of two hosts within a millisecond is one room.
        if (version.RoomIdIsCreateHash)
            content[Nonce] = UnpaddedBase64.EncodeUrlSafe(RandomNumberGenerator.GetBytes(9));

        if (version.PrivilegedCreators && request.Preset == RoomPreset.TrustedPrivateChat && request.Invite.Count > 0)
        {
            var creators = content["additional_creators"] is JsonArray given ? [.. given.Select(node => node?.DeepClone())] : new JsonArray();
            var known = creators.Select(node => node?.ToString()).ToHashSet();
            foreach (var invited in request.Invite)
            {
                if (invited != request.Creator && known.Add(invited.Value))
                    creators.Add(JsonValue.Create(invited.Value));
            }
            content["additional_creators"] = creators;
        }
        return Raw(content);
    }

    /// <summary>Everything after the create event.</summary>
    public static List<Draft> Drafts(CreateRoom request, RoomVersion version, RoomAlias? alias, RawJson creatorsMembership)
    {
        var drafts = new List<Draft>();
        void State(string type, string stateKey, RawJson content) =>
            drafts.Add(new Draft { Sender = request.Creator, Type = type, StateKey = stateKey, Content = content });

        State(EventTypes.Member, request.Creator.Value, creatorsMembership);
        State(EventTypes.PowerLevels, "", PowerLevels(request, version));
        if (alias is { } canonical)
            State("m.room.canonical_alias", "", Raw(new JsonObject { ["alias"] = canonical.Value }));

        // What the request says about a slot stands for what the preset would say; name and topic stand above both.
        var given = request.InitialState.Select(state => (state.Type, state.StateKey)).ToHashSet();
        void Preset(string type, string key, string value)
        {
            if (!given.Contains((type, "")))
                State(type, "", Raw(new JsonObject { [key] = value }));
        }

        var isPublic = request.Preset == RoomPreset.PublicChat;
        Preset(EventTypes.JoinRules, "join_rule", isPublic ? "public" : "invite");
        Preset("m.room.history_visibility", "history_visibility", "shared");
        Preset("m.room.guest_access", "guest_access", isPublic ? "forbidden" : "can_join");

        foreach (var state in request.InitialState)
        {
            var replaced = (state.Type == "m.room.name" && request.Name is not null) || (state.Type == "m.room.topic" && request.Topic is not null);
            if (!replaced || state.StateKey.Length > 0)
                State(state.Type, state.StateKey, state.Content);
        }
        if (request.Name is { } name)
            State("m.room.name", "", Raw(new JsonObject { ["name"] = name }));
        if (request.Topic is { } topic)
            State("m.room.topic", "", Raw(Topic(topic)));
        return drafts;
    }

    static RawJson PowerLevels(CreateRoom request, RoomVersion version)
    {
        var users = new JsonObject();
        if (!version.PrivilegedCreators)
        {
            users[request.Creator.Value] = 100;
            if (request.Preset == RoomPreset.TrustedPrivateChat)
            {
                foreach (var invited in request.Invite)
                    users[invited.Value] = 100;
            }
        }

        var content = new JsonObject
        {
            ["users"] = users,
            ["users_default"] = 0,
            ["events"] = new JsonObject
            {
                ["m.room.name"] = 50,
                ["m.room.power_levels"] = 100,
                ["m.room.history_visibility"] = 100,
                ["m.room.canonical_alias"] = 50,
                ["m.room.avatar"] = 50,
                ["m.room.tombstone"] = version.PrivilegedCreators ? TombstoneLevel : 100,
                ["m.room.server_acl"] = 100,
                ["m.room.encryption"] = 100,
            },
            ["events_default"] = 0,
            ["state_default"] = 50,
            ["ban"] = 50,
            ["kick"] = 50,
            ["redact"] = 50,
            ["invite"] = request.Preset == RoomPreset.PublicChat ? 50 : 0,
        };
        foreach (var (key, value) in ObjectOf(request.PowerLevelContentOverride))
            content[key] = value?.DeepClone();
        return Raw(content);
    }

    /// <summary>m.room.topic with its m.topic content block (plain text alone).</summary>
    static JsonObject Topic(string topic) => new()
    {
        ["topic"] = topic,
        ["m.topic"] = new JsonObject { ["m.text"] = new JsonArray(new JsonObject { ["body"] = topic }) },
    };

    static JsonObject ObjectOf(RawJson? json) => json is { IsEmpty: false } given ? (JsonObject)JsonNode.Parse(given.Utf8.Span)! : [];

    internal static RawJson Raw(JsonNode node)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer))
            node.WriteTo(writer);
        return new RawJson(buffer.WrittenMemory);
    }
}
