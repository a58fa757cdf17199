using System.Text.Json;
using Matrix.Bus.Foundation;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.RoomServer;

/// <summary>A room at a glance.</summary>
sealed class QueryRoomInfoHandler(RoomReader rooms) : ICallHandler<QueryRoomInfo, RoomInfo>
{
    static readonly StateSlot Encryption = new(EventTypes.Encryption, "");

    public async Task<RoomInfo> Handle(QueryRoomInfo call, CancellationToken cancel)
    {
        var head = await rooms.Head(call.RoomId, cancel) ?? throw Missing.Room();
        var state = await rooms.State(call.RoomId, [StateSlot.Create, Encryption], cancel);
        var create = state[StateSlot.Create];
        return new RoomInfo
        {
            RoomVersion = create.Version.Id,
            JoinedUsers = head.Joined,
            InvitedUsers = head.Invited,
            Create = new IdentifiedEvent { EventId = create.EventId, Event = new RawJson(create.Json), Redacted = create.IsRedacted },
            RoomType = Text(create, "type"),
            Encryption = state.TryGetValue(Encryption, out var encryption) ? Text(encryption, "algorithm") : null,
        };
    }

    static string? Text(Pdu pdu, string key) =>
        pdu.Content.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}

/// <summary>How many are joined.</summary>
sealed class QueryJoinedUserCountHandler(RoomReader rooms) : ICallHandler<QueryJoinedUserCount, JoinedUserCount>
{
    public async Task<JoinedUserCount> Handle(QueryJoinedUserCount call, CancellationToken cancel) =>
        new() { Joined = await rooms.JoinedCount(call.RoomId, cancel) };
}

/// <summary>The version of a room.</summary>
sealed class QueryRoomVersionHandler(RoomReader rooms) : ICallHandler<QueryRoomVersion, KnownRoomVersion>
{
    public async Task<KnownRoomVersion> Handle(QueryRoomVersion call, CancellationToken cancel) =>
        new() { RoomVersion = (await rooms.Version(call.RoomId, cancel) ?? throw Missing.Room()).Id };
}

/// <summary>The versions this server speaks.</summary>
sealed class QueryRoomVersionCapabilitiesHandler(RoomServerOptions options) : ICallHandler<QueryRoomVersionCapabilities, RoomVersionCapabilities>
{
    public Task<RoomVersionCapabilities> Handle(QueryRoomVersionCapabilities call, CancellationToken cancel) => Task.FromResult(new RoomVersionCapabilities
    {
        Default = options.DefaultRoomVersion.Id,
        Available = RoomVersion.Known.Keys.ToDictionary(id => id, _ => "stable"),
    });
}
