using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.RoomServer;

/// <summary>Makes a room: the create event here, because its room has no partition before it has an id; all else at the head.</summary>
sealed class CreateRoomHandler(
    ICalls calls, ServerIdentity identity, RoomAliasTable aliases, PublishedRooms published, MemberContent members, RoomServerOptions options, TimeProvider clock)
    : ICallHandler<CreateRoom, RoomCreated>
{
    public async Task<RoomCreated> Handle(CreateRoom call, CancellationToken cancel)
    {
        var version = (call.RoomVersion is { } asked ? RoomVersion.Find(asked) : options.DefaultRoomVersion)
            ?? throw new RefusedException(400, "M_UNSUPPORTED_ROOM_VERSION", $"This server does not know room version '{call.RoomVersion}'.");
        var alias = await FreeAlias(call.AliasLocalpart, cancel);
        var create = Build(call, version, await identity.SigningKey(cancel));

        // The alias first: it is what two requests can compete for.
        if (alias is { } wanted && !await aliases.Add(wanted, create.RoomId, call.Creator, cancel))
            throw AliasInUse(wanted);
        try
        {
            await Fill(call, version, create, alias, cancel);
        }
        catch when (alias is not null)
        {
            await aliases.Remove(alias.Value, CancellationToken.None);
            throw;
        }
        if (call.Published)
            await published.Publish(create.RoomId, call.Creator, cancel);
        return new RoomCreated { RoomId = create.RoomId, RoomVersion = version.Id };
    }

    async Task Fill(CreateRoom call, RoomVersion version, Pdu create, RoomAlias? alias, CancellationToken cancel)
    {
        var drafts = NewRoom.Drafts(call, version, alias, await members.Join(call.Creator, reason: null, extra: null, cancel));
        foreach (var invited in call.Invite.Distinct().Where(user => user != call.Creator))
        {
            drafts.Add(new Draft
            {
                Sender = call.Creator,
                Type = EventTypes.Member,
                StateKey = invited.Value,
                Content = await members.Invite(invited, call.IsDirect, reason: null, extra: null, cancel),
            });
        }

        var events = new List<InputEvent>(drafts.Count + 1) { new() { Kind = InputKind.New, Pdu = new RawJson(create.Json) } };
        events.AddRange(drafts.Select(draft => new InputEvent { Kind = InputKind.Draft, Draft = draft }));
        try
        {
            await calls.Ask(new InputRoomEvents { RoomId = create.RoomId, Events = events, CreatesRoomOfVersion = version.Id }, cancel);
        }
        catch (RefusedException refused) when (refused.Refusal is { Status: 403, Errcode: "M_FORBIDDEN" })
        {
            // What the client asked for contradicts itself, e.g. power levels that do not allow its own name.
            throw new RefusedException(400, "M_INVALID_ROOM_STATE", refused.Refusal.Error, refused.Refusal.Rule);
        }
    }

    Pdu Build(CreateRoom call, RoomVersion version, SigningKey key)
    {
        var reading = PduBuilder.TryBuild(Template(call, version), key, identity.ServerName);
        return reading.Pdu ?? throw new RefusedException(Refusals.BadJson(reading.Fault, reading.Field));
    }

    EventTemplate Template(CreateRoom call, RoomVersion version) => new()
    {
        Version = version,
        RoomId = version.RoomIdIsCreateHash ? null : RoomId.Generate(identity.ServerName),
        Sender = call.Creator,
        Type = EventTypes.Create,
        StateKey = "",
        Content = NewRoom.CreateContent(call, version),
        OriginServerTs = clock.GetUtcNow().ToUnixTimeMilliseconds(),
        Depth = 1,
        PrevEvents = [],
        AuthEvents = [],
    };

    async Task<RoomAlias?> FreeAlias(string? localpart, CancellationToken cancel)
    {
        if (localpart is null)
            return null;
        if (localpart.Length == 0 || localpart.Contains(':') || !RoomAlias.TryParse($"#{localpart}:{identity.ServerName}", out var alias))
            throw new RefusedException(400, "M_INVALID_PARAM", $"'{localpart}' cannot be the name of an alias.");
        return await aliases.Find(alias, cancel) is null ? alias : throw AliasInUse(alias);
    }

    static RefusedException AliasInUse(RoomAlias alias) => new(400, "M_ROOM_IN_USE", $"{alias} is already taken.");
}
