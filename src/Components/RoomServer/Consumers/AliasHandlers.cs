using System.Text.Json;
using System.Text.Json.Nodes;
using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.RoomServer;

/// <summary>Points an alias at a room.</summary>
sealed class SetRoomAliasHandler(ServerIdentity identity, RoomAliasTable aliases, RoomReader rooms) : ICallHandler<SetRoomAlias, Done>
{
    public async Task<Done> Handle(SetRoomAlias call, CancellationToken cancel)
    {
        if (call.Alias.Server != identity.ServerName)
            throw new RefusedException(400, "M_INVALID_PARAM", $"{call.Alias} is not an alias of this server.");
        if (await rooms.Membership(call.RoomId, call.Creator, cancel) != "join")
            throw new RefusedException(403, "M_FORBIDDEN", "Only members of a room may give it an alias.");
        if (!await aliases.Add(call.Alias, call.RoomId, call.Creator, cancel))
            throw new RefusedException(409, "M_UNKNOWN", $"{call.Alias} points at another room.");
        return Done.It;
    }
}

/// <summary>Removes an alias.</summary>
sealed class RemoveRoomAliasHandler(ICalls calls, RoomAliasTable aliases, RoomReader rooms, RoomPower power) : ICallHandler<RemoveRoomAlias, Done>
{
    static readonly StateSlot CanonicalAlias = new(EventTypes.CanonicalAlias, "");

    public async Task<Done> Handle(RemoveRoomAlias call, CancellationToken cancel)
    {
        if (await aliases.Find(call.Alias, cancel) is not { } known)
            throw new RefusedException(404, "M_NOT_FOUND", $"There is no {call.Alias}.");
        if (known.Creator != call.Sender && !await power.MaySend(known.Room, call.Sender, "m.room.canonical_alias", isState: true, cancel))
            throw new RefusedException(403, "M_FORBIDDEN", "Only its creator, or who may change the room's canonical alias, may remove it.");
        await aliases.Remove(call.Alias, cancel);
        await NameNoMore(known.Room, call, cancel);
        return Done.It;
    }

    /// <summary>The room's canonical alias should not name what points nowhere; whoever may not change it still removes the alias.</summary>
    async Task NameNoMore(RoomId room, RemoveRoomAlias call, CancellationToken cancel)
    {
        var state = await rooms.State(room, [CanonicalAlias], cancel);
        if (!state.TryGetValue(CanonicalAlias, out var canonical) || Without(canonical.Content, call.Alias.Value) is not { } content)
            return;
        var draft = new Draft { Sender = call.Sender, Type = CanonicalAlias.Type, StateKey = "", Content = NewRoom.Raw(content) };
        try
        {
            await calls.Ask(new InputRoomEvents { RoomId = room, Events = [new InputEvent { Kind = InputKind.Draft, Draft = draft }] }, cancel);
        }
        catch (RefusedException)
        {
            // The creator of an alias need not have power over the room.
        }
    }

    /// <summary>The content without an alias; null if it does not name it.</summary>
    static JsonObject? Without(JsonElement content, string alias)
    {
        var changed = (JsonObject)JsonNode.Parse(content.GetRawText())!;
        var named = changed["alias"] is JsonValue main && main.TryGetValue<string>(out var name) && name == alias && changed.Remove("alias");
        if (changed["alt_aliases"] is JsonArray others)
            named |= others.RemoveAll(other => other is JsonValue value && value.TryGetValue<string>(out var text) && text == alias) > 0;
        return named ? changed : null;
    }
}

/// <summary>Finds the room behind an alias.</summary>
sealed class QueryRoomIdForAliasHandler(ServerIdentity identity, RoomAliasTable aliases) : ICallHandler<QueryRoomIdForAlias, AliasTarget>
{
    public async Task<AliasTarget> Handle(QueryRoomIdForAlias call, CancellationToken cancel)
    {
        if (call.Alias.Server != identity.ServerName)
            throw new RefusedException(404, "M_NOT_FOUND", $"{call.Alias} belongs to another server, which this one cannot ask.");
        return await aliases.Find(call.Alias, cancel) is { } known
            ? new AliasTarget { RoomId = known.Room, Servers = [identity.ServerName], Creator = known.Creator }
            : throw new RefusedException(404, "M_NOT_FOUND", $"There is no {call.Alias}.");
    }
}

/// <summary>Lists the aliases of a room.</summary>
sealed class QueryAliasesForRoomHandler(RoomAliasTable aliases, RoomReader rooms, RoomSummaries summaries) : ICallHandler<QueryAliasesForRoom, RoomAliases>
{
    public async Task<RoomAliases> Handle(QueryAliasesForRoom call, CancellationToken cancel)
    {
        var isMember = await rooms.Membership(call.RoomId, call.Viewer, cancel) == "join";
        if (!isMember && await summaries.Of(call.RoomId, cancel) is not { WorldReadable: true })
            throw new RefusedException(403, "M_FORBIDDEN", "You are not in this room.");
        return new RoomAliases { Aliases = await aliases.Of(call.RoomId, cancel) };
    }
}
