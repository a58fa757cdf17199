using System.Text.Json.Nodes;
using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.RoomServer;

/// <summary>Replaces a room (client-server API, "Room upgrades"): new room with what carries over, tombstone, aliases and directory
/// entry moved, the old room closed.</summary>
sealed class UpgradeRoomHandler(
    ICalls calls, RoomReader rooms, RoomPower power, RoomAliasTable aliases, PublishedRooms published) : ICallHandler<UpgradeRoom, RoomCreated>
{
    static readonly string[] CarriedOver =
    [
        "m.room.server_acl", "m.room.encryption", "m.room.name", "m.room.avatar", "m.room.topic", "m.room.guest_access",
        "m.room.history_visibility", "m.room.join_rules", "m.space.child", "m.space.parent",
    ];

    static readonly StateSlot GuestAccess = new("m.room.guest_access", "");

    public async Task<RoomCreated> Handle(UpgradeRoom call, CancellationToken cancel)
    {
        if (RoomVersion.Find(call.NewVersion) is not { } version)
            throw new RefusedException(400, "M_UNSUPPORTED_ROOM_VERSION", $"This server does not know room version '{call.NewVersion}'.");
        if (await rooms.Version(call.RoomId, cancel) is not { } oldVersion)
            throw new RefusedException(404, "M_NOT_FOUND", "This server does not know the room.");
        if (!await power.MaySend(call.RoomId, call.Sender, "m.room.tombstone", isState: true, cancel))
            throw new RefusedException(403, "M_FORBIDDEN", "You do not have the power to end this room.");

        var state = await rooms.State(call.RoomId, cancel);
        var levels = state.TryGetValue(StateSlot.PowerLevels, out var old)
            ? UpgradedLevels.Of(old, oldVersion, version, RoomCreation.Of(state[StateSlot.Create]), call.Sender, call.AdditionalCreators)
            : null;
        var created = await calls.Ask(Replacement(call, version, state, levels?.AtFirst, await rooms.LatestEvent(call.RoomId, cancel)), cancel);
        await Send(call.RoomId, call.Sender, "m.room.tombstone", Tombstone(created.RoomId), cancel);
        await MoveNames(call, created.RoomId, state, cancel);
        if (levels?.InTheEnd is { } lasting)
            await Try(created.RoomId, call.Sender, EventTypes.PowerLevels, lasting, cancel);
        await Close(call, oldVersion, state, cancel);
        return created;
    }

    static CreateRoom Replacement(
        UpgradeRoom call, RoomVersion version, IReadOnlyDictionary<StateSlot, Pdu> state, JsonObject? levels, EventId? lastKnown)
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
        foreach (var (slot, pdu) in state)
        {
            var isBan = slot.Type == EventTypes.Member && Memberships.Of(pdu) == Membership.Ban;
            if (isBan || CarriedOver.Contains(slot.Type))
                initial.Add(new InitialState { Type = slot.Type, StateKey = slot.StateKey, Content = RawJson.From(pdu.Content) });
        }
        // What the old room left open must not become what a new one begins with.
        if (!state.ContainsKey(GuestAccess))
            initial.Add(new InitialState { Type = GuestAccess.Type, StateKey = "", Content = NewRoom.Raw(new JsonObject { ["guest_access"] = "forbidden" }) });
        return new CreateRoom
        {
            Creator = call.Sender,
            RoomVersion = version.Id,
            Preset = RoomPreset.PrivateChat,
            CreationContent = NewRoom.Raw(creation),
            InitialState = initial,
            PowerLevelContentOverride = levels is null ? null : NewRoom.Raw(levels),
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

    static JsonObject Tombstone(RoomId replacement) => new() { ["body"] = "This room has been replaced", ["replacement_room"] = replacement.Value };

    async Task MoveNames(UpgradeRoom call, RoomId replacement, IReadOnlyDictionary<StateSlot, Pdu> state, CancellationToken cancel)
    {
        foreach (var alias in await aliases.Of(call.RoomId, cancel))
            await aliases.Move(alias, replacement, cancel);
        if (state.TryGetValue(new StateSlot("m.room.canonical_alias", ""), out var canonical))
        {
            await Try(call.RoomId, call.Sender, "m.room.canonical_alias", [], cancel);
            await Try(replacement, call.Sender, "m.room.canonical_alias", (JsonObject)JsonNode.Parse(canonical.Content.GetRawText())!, cancel);
        }
        if (await published.IsPublished(call.RoomId, cancel))
        {
            await published.Publish(replacement, call.Sender, cancel);
            await published.Unpublish(call.RoomId, cancel);
        }
    }

    /// <summary>Nobody but those with power speaks in the old room any more.</summary>
    async Task Close(UpgradeRoom call, RoomVersion version, IReadOnlyDictionary<StateSlot, Pdu> state, CancellationToken cancel)
    {
        if (!state.TryGetValue(StateSlot.PowerLevels, out var current))
            return;
        var levels = PowerLevels.Parse(version, current, state.GetValueOrDefault(StateSlot.Create));
        var closed = Math.Max(50, levels.UsersDefault + 1);
        var content = (JsonObject)JsonNode.Parse(current.Content.GetRawText())!;
        content["events_default"] = Math.Max(levels.EventsDefault, closed);
        content["invite"] = Math.Max(levels.Invite, closed);
        await Try(call.RoomId, call.Sender, EventTypes.PowerLevels, content, cancel);
    }

    /// <summary>Ending a room takes less power than this may; what matters is said by the tombstone already.</summary>
    async Task Try(RoomId room, UserId sender, string type, JsonObject content, CancellationToken cancel)
    {
        try
        {
            await Send(room, sender, type, content, cancel);
        }
        catch (RefusedException)
        {
            // The upgrade stands all the same.
        }
    }

    Task Send(RoomId room, UserId sender, string type, JsonObject content, CancellationToken cancel)
    {
        var draft = new Draft { Sender = sender, Type = type, StateKey = "", Content = NewRoom.Raw(content) };
        return calls.Ask(new InputRoomEvents { RoomId = room, Events = [new InputEvent { Kind = InputKind.Draft, Draft = draft }] }, cancel);
    }
}
