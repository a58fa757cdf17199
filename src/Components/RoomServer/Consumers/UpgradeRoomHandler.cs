using System.Text.Json.Nodes;
using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.RoomServer;

/// <summary>Replaces a room (client-server API, "Room upgrades"): new room with what carries over, tombstone, aliases and directory
/// entry moved, the old room closed.</summary>
sealed class UpgradeRoomHandler(
    ICalls calls, RoomReader rooms, RoomPower power, RoomAliasTable aliases, PublishedRooms published, TimeProvider clock) : ICallHandler<UpgradeRoom, RoomCreated>
{
    static readonly string[] CarriedOver =
    [
        "m.room.server_acl", "m.room.encryption", "m.room.name", "m.room.avatar", "m.room.topic", "m.room.guest_access",
        "m.room.history_visibility", "m.room.join_rules", "m.room.power_levels", "m.space.child", "m.space.parent",
    ];

    public async Task<RoomCreated> Handle(UpgradeRoom call, CancellationToken cancel)
    {
        if (RoomVersion.Find(call.NewVersion) is not { } version)
            throw new RefusedException(400, "M_UNSUPPORTED_ROOM_VERSION", $"This server does not know room version '{call.NewVersion}'.");
        if (await rooms.Version(call.RoomId, cancel) is not { } oldVersion)
            throw new RefusedException(404, "M_NOT_FOUND", "This server does not know the room.");
        if (!await power.MaySend(call.RoomId, call.Sender, "m.room.tombstone", isState: true, cancel))
            throw new RefusedException(403, "M_FORBIDDEN", "You do not have the power to end this room.");

        var state = await rooms.State(call.RoomId, cancel);
        var created = await calls.Ask(Replacement(call, version, state, await rooms.LatestEvent(call.RoomId, cancel)), cancel);
        await Tombstone(call, created.RoomId, cancel);
        await MoveNames(call, created.RoomId, state, cancel);
        await Close(call, oldVersion, state, cancel);
        return created;
    }

    static CreateRoom Replacement(UpgradeRoom call, RoomVersion version, IReadOnlyDictionary<StateSlot, Pdu> state, EventId? lastKnown)
    {
        var creation = new JsonObject();
        if (state.TryGetValue(StateSlot.Create, out var create))
        {
            foreach (var key in (string[])["type", "m.federate"])
            {
                if (create.Content.TryGetProperty(key, out var kept))
                    creation[key] = JsonNode.Parse(kept.GetRawText());
            }
        }
        // Deprecated from version 12 on; older clients look for it.
        creation["predecessor"] = Predecessor(call.RoomId, version.PrivilegedCreators ? null : lastKnown);
        if (version.PrivilegedCreators && call.AdditionalCreators.Count > 0)
            creation["additional_creators"] = new JsonArray([.. call.AdditionalCreators.Select(user => JsonValue.Create(user.Value))]);

        var initial = new List<InitialState>();
        RawJson? levels = null;
        foreach (var (slot, pdu) in state)
        {
            var isBan = slot.Type == EventTypes.Member && Memberships.Of(pdu) == Membership.Ban;
            if (slot.Type == EventTypes.PowerLevels && slot.StateKey.Length == 0)
                levels = Levels(pdu, version, call);
            else if (isBan || CarriedOver.Contains(slot.Type))
                initial.Add(new InitialState { Type = slot.Type, StateKey = slot.StateKey, Content = RawJson.From(pdu.Content) });
        }
        return new CreateRoom
        {
            Creator = call.Sender,
            RoomVersion = version.Id,
            Preset = RoomPreset.PrivateChat,
            CreationContent = NewRoom.Raw(creation),
            InitialState = initial,
            PowerLevelContentOverride = levels,
            Replaces = call.RoomId,
        };
    }

    /// <summary>The tombstone cannot be named here: it names the new room, which must be there first.</summary>
    static JsonObject Predecessor(RoomId old, EventId? lastKnown)
    {
        var predecessor = new JsonObject { ["room_id"] = old.Value };
        if (lastKnown is { } id)
            predecessor["event_id"] = id.Value;
        return predecessor;
    }

    /// <summary>The old levels, so far as the new version can have them: its creators stand above any number.</summary>
    static RawJson Levels(Pdu old, RoomVersion version, UpgradeRoom call)
    {
        var content = (JsonObject)JsonNode.Parse(old.Content.GetRawText())!;
        if (content["users"] is JsonObject users)
        {
            if (version.PrivilegedCreators)
            {
                users.Remove(call.Sender.Value);
                foreach (var creator in call.AdditionalCreators)
                    users.Remove(creator.Value);
            }
            else if (users[call.Sender.Value] is not JsonValue known || !known.TryGetValue<long>(out var level) || level < 100)
            {
                // The creator of the new room, which is to receive all of the old one's state.
                users[call.Sender.Value] = 100;
            }
        }
        if (version.PrivilegedCreators)
        {
            var events = content["events"] as JsonObject ?? [];
            if (content["events"] is not JsonObject)
                content["events"] = events;
            events["m.room.tombstone"] = 150;
        }
        return NewRoom.Raw(content);
    }

    Task Tombstone(UpgradeRoom call, RoomId replacement, CancellationToken cancel) => Send(
        call,
        "m.room.tombstone",
        new JsonObject { ["body"] = "This room has been replaced", ["replacement_room"] = replacement.Value },
        cancel);

    async Task MoveNames(UpgradeRoom call, RoomId replacement, IReadOnlyDictionary<StateSlot, Pdu> state, CancellationToken cancel)
    {
        foreach (var alias in await aliases.Of(call.RoomId, cancel))
            await aliases.Move(alias, replacement, cancel);
        if (state.TryGetValue(new StateSlot("m.room.canonical_alias", ""), out var canonical))
        {
            await Send(call, "m.room.canonical_alias", [], cancel);
            await calls.Ask(
                Input(replacement, new Draft { Sender = call.Sender, Type = "m.room.canonical_alias", StateKey = "", Content = RawJson.From(canonical.Content) }),
                cancel);
        }
        if (await published.IsPublished(call.RoomId, cancel))
        {
            await published.Publish(replacement, call.Sender, cancel);
            await published.Unpublish(call.RoomId, cancel);
        }
    }

    /// <summary>Nobody but those with power speaks in the old room any more; failing here leaves the upgrade done all the same.</summary>
    async Task Close(UpgradeRoom call, RoomVersion version, IReadOnlyDictionary<StateSlot, Pdu> state, CancellationToken cancel)
    {
        if (!state.TryGetValue(StateSlot.PowerLevels, out var current))
            return;
        var levels = PowerLevels.Parse(version, current, state.GetValueOrDefault(StateSlot.Create));
        var closed = Math.Max(50, levels.UsersDefault + 1);
        var content = (JsonObject)JsonNode.Parse(current.Content.GetRawText())!;
        content["events_default"] = Math.Max(levels.EventsDefault, closed);
        content["invite"] = Math.Max(levels.Invite, closed);
        try
        {
            await Send(call, EventTypes.PowerLevels, content, cancel);
        }
        catch (RefusedException)
        {
            // Ending a room needs less power than changing its levels; the tombstone already says what matters.
        }
    }

    Task Send(UpgradeRoom call, string type, JsonObject content, CancellationToken cancel) => calls.Ask(
        Input(call.RoomId, new Draft { Sender = call.Sender, Type = type, StateKey = "", Content = NewRoom.Raw(content), OriginServerTs = clock.GetUtcNow().ToUnixTimeMilliseconds() }),
        cancel);

    static InputRoomEvents Input(RoomId room, Draft draft) =>
        new() { RoomId = room, Events = [new InputEvent { Kind = InputKind.Draft, Draft = draft }] };
}
