using System.Text.Json;
using System.Text.Json.Nodes;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.Components.Tests.Sync;

/// <summary>Writes one room's output log as its owner would: linear, every state event changing its own slot.</summary>
sealed class RoomLog(string roomId = "!room:here", int partition = 0, long firstPosition = 1)
{
    readonly Dictionary<(string, string), (string Id, JsonNode Content)> _state = [];
    readonly Dictionary<string, JsonObject> _pdus = [];
    static long unique;

    public string RoomId { get; } = roomId;

    public List<Logged<OutputRoomEvent>> Entries { get; } = [];

    /// <summary>A public room with a creator.</summary>
    public RoomLog Created(string creator = "@alice:here", string visibility = "shared")
    {
        State(creator, "m.room.create", "", new { room_version = "12" });
        Member(creator, creator, "join");
        State(creator, "m.room.power_levels", "", new { });
        if (visibility != "none")
            State(creator, "m.room.history_visibility", "", new { history_visibility = visibility });
        return this;
    }

    public string Message(string sender, string body, object? relates = null, string? device = null, string? transaction = null)
    {
        var content = new JsonObject { ["msgtype"] = "m.text", ["body"] = body };
        if (relates is not null)
            content["m.relates_to"] = JsonSerializer.SerializeToNode(relates);
        return Add(sender, "m.room.message", null, content, transaction is null ? null
            : new DraftTransaction { DeviceId = device!, Endpoint = "send", TransactionId = transaction });
    }

    public string State(string sender, string type, string key, object content) => Add(sender, type, key, JsonSerializer.SerializeToNode(content)!);

    public string Member(string sender, string user, string membership, string? name = null)
    {
        var content = new JsonObject { ["membership"] = membership };
        if (name is not null)
            content["displayname"] = name;
        return Add(sender, "m.room.member", user, content);
    }

    public string Join(string user, string? name = null) => Member(user, user, "join", name);

    public string Leave(string user) => Member(user, user, "leave");

    /// <summary>Invites: the member event, and beside it what to show the user.</summary>
    public string Invite(string sender, string user, string strippedState = "[]")
    {
        var id = Member(sender, user, "invite");
        Append(new OutputRoomEvent
        {
            Kind = OutputKind.InviteOrKnock,
            RoomId = Protocol.RoomId.Parse(RoomId),
            RoomVersion = "12",
            Sequence = Entries.Count + 1,
            StoredAt = 1,
            EventId = EventId.Parse(id),
            Event = Pdu(id),
            UserId = UserId.Parse(user),
            StrippedState = new RawJson(System.Text.Encoding.UTF8.GetBytes(strippedState)),
        });
        return id;
    }

    /// <summary>State that changed beside any event, as state resolution does it.</summary>
    public string StateBeside(string sender, string type, string key, object content, string messageBody)
    {
        var node = JsonSerializer.SerializeToNode(content)!;
        var (besideId, beside) = Make(sender, type, key, node);
        var (id, pdu) = Make(sender, "m.room.message", null, new JsonObject { ["body"] = messageBody });
        _state[(type, key)] = (besideId, node);
        Append(Output(OutputKind.NewEvent, id, pdu) with
        {
            StateChanges = [new StateChange { Type = type, StateKey = key, EventId = EventId.Parse(besideId), Event = Raw(beside) }],
        });
        return besideId;
    }

    /// <summary>A redaction, and what becomes of the redacted event.</summary>
    public string Redact(string sender, string target)
    {
        var id = Add(sender, "m.room.redaction", null, new JsonObject { ["redacts"] = target });
        var redacted = (JsonObject)_pdus[target].DeepClone();
        redacted["content"] = new JsonObject();
        Append(Output(OutputKind.Redacted, target, redacted) with { RedactedBecause = EventId.Parse(id) });
        return id;
    }

    public void Forget(string user) => Append(About(OutputKind.Forgotten, user));

    public void InviteEnded(string user) => Append(About(OutputKind.InviteOrKnockEnded, user));

    public void Purge() => Append(About(OutputKind.Purged, null));

    /// <summary>An invite to a room that this server knows nothing else of.</summary>
    public void InviteFromAfar(string sender, string user, string strippedState)
    {
        var (id, pdu) = Make(sender, "m.room.member", user, new JsonObject { ["membership"] = "invite" });
        Append(About(OutputKind.InviteOrKnock, user) with { EventId = EventId.Parse(id), Event = Raw(pdu), StrippedState = new RawJson(System.Text.Encoding.UTF8.GetBytes(strippedState)) });
    }

    /// <summary>An event of the past.</summary>
    public string Old(string sender, string body)
    {
        var (id, pdu) = Make(sender, "m.room.message", null, new JsonObject { ["body"] = body });
        Append(Output(OutputKind.OldEvent, id, pdu));
        return id;
    }

    string Add(string sender, string type, string? key, JsonNode content, DraftTransaction? transaction = null)
    {
        var (id, pdu) = Make(sender, type, key, content);
        var output = Output(OutputKind.NewEvent, id, pdu) with { Transaction = transaction };
        if (key is not null)
        {
            output = output with { StateChanges = [new StateChange { Type = type, StateKey = key, EventId = EventId.Parse(id) }] };
            if (_state.TryGetValue((type, key), out var before))
                output = output with { ReplacesState = EventId.Parse(before.Id), PrevContent = Raw(before.Content) };
            _state[(type, key)] = (id, content.DeepClone());
        }
        Append(output);
        return id;
    }

    (string Id, JsonObject Pdu) Make(string sender, string type, string? key, JsonNode content)
    {
        var id = $"${Interlocked.Increment(ref unique):d8}abcdefghijklmnopqrstuvwxyzABCDEFGHI";
        var pdu = new JsonObject
        {
            ["type"] = type,
            ["sender"] = sender,
            ["room_id"] = RoomId,
            ["content"] = content.DeepClone(),
            ["origin_server_ts"] = 1_700_000_000_000 + Entries.Count,
            ["depth"] = Entries.Count + 1,
            ["prev_events"] = new JsonArray(),
            ["auth_events"] = new JsonArray(),
            ["hashes"] = new JsonObject(),
            ["signatures"] = new JsonObject(),
        };
        if (key is not null)
            pdu["state_key"] = key;
        _pdus[id] = pdu;
        return (id, pdu);
    }

    OutputRoomEvent Output(OutputKind kind, string id, JsonObject pdu) => new()
    {
        Kind = kind,
        RoomId = Protocol.RoomId.Parse(RoomId),
        RoomVersion = "12",
        Sequence = Entries.Count + 1,
        StoredAt = 1,
        EventId = EventId.Parse(id),
        Event = Raw(pdu),
    };

    OutputRoomEvent About(OutputKind kind, string? user) => new()
    {
        Kind = kind,
        RoomId = Protocol.RoomId.Parse(RoomId),
        RoomVersion = "12",
        Sequence = Entries.Count + 1,
        StoredAt = 1,
        UserId = user is null ? null : UserId.Parse(user),
    };

    void Append(OutputRoomEvent output) =>
        Entries.Add(new Logged<OutputRoomEvent> { Partition = partition, Position = firstPosition + Entries.Count, Entry = output });

    RawJson Pdu(string id) => Raw(_pdus[id]);

    static RawJson Raw(JsonNode node) => new(System.Text.Encoding.UTF8.GetBytes(node.ToJsonString()));
}
