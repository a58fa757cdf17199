using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.RoomServer;

/// <summary>What a user is to a room.</summary>
sealed class QueryMembershipForUserHandler(MembershipReader memberships) : ICallHandler<QueryMembershipForUser, MembershipForUser>
{
    public Task<MembershipForUser> Handle(QueryMembershipForUser call, CancellationToken cancel) => memberships.Of(call.RoomId, call.UserId, cancel);
}

/// <summary>Who is what to a room.</summary>
sealed class QueryMembershipsForRoomHandler(MembershipReader memberships) : ICallHandler<QueryMembershipsForRoom, RoomMemberships>
{
    public async Task<RoomMemberships> Handle(QueryMembershipsForRoom call, CancellationToken cancel) =>
        new() { Members = await memberships.Members(call.RoomId, call.Memberships, cancel) };
}

/// <summary>Which rooms a user is something to.</summary>
sealed class QueryRoomsForUserHandler(MembershipReader memberships) : ICallHandler<QueryRoomsForUser, RoomsForUser>
{
    public async Task<RoomsForUser> Handle(QueryRoomsForUser call, CancellationToken cancel) =>
        new() { Rooms = await memberships.Rooms(call.UserId, call.Memberships, cancel) };
}

/// <summary>The rooms of two users.</summary>
sealed class QueryMutualRoomsHandler(MembershipReader memberships) : ICallHandler<QueryMutualRooms, MutualRooms>
{
    public async Task<MutualRooms> Handle(QueryMutualRooms call, CancellationToken cancel) =>
        new() { RoomIds = await memberships.Mutual(call.UserId, call.OtherUserId, cancel) };
}

/// <summary>Who shares a room with a user.</summary>
sealed class QuerySharedUsersHandler(MembershipReader memberships) : ICallHandler<QuerySharedUsers, SharedUsers>
{
    public async Task<SharedUsers> Handle(QuerySharedUsers call, CancellationToken cancel) =>
        new() { UserIds = await memberships.Shared(call.UserId, call.Among, cancel) };
}

/// <summary>What a user was to a room at events of it.</summary>
sealed class QueryMembershipAtEventHandler(EventReader events, RoomReader rooms, Snapshots snapshots, Names names)
    : ICallHandler<QueryMembershipAtEvent, MembershipsAtEvents>
{
    public async Task<MembershipsAtEvents> Handle(QueryMembershipAtEvent call, CancellationToken cancel)
    {
        if (call.EventIds.Count > 500)
            throw new RefusedException(400, "M_INVALID_PARAM", "At most 500 events can be asked for at once.");
        var version = await rooms.Version(call.RoomId, cancel) ?? throw Missing.Room();
        await names.Find([EventTypes.Member], [call.UserId.Value], cancel);
        var type = names.Type(EventTypes.Member);
        var key = names.HasKey(call.UserId.Value) ? names.Key(call.UserId.Value) : 0;

        // Many events share a snapshot, and many snapshots a member event.
        var places = await events.Places(call.RoomId, call.EventIds, cancel);
        var members = new Dictionary<long, long>();
        foreach (var snapshot in places.Values.Select(place => place.Snapshot).Distinct())
            members[snapshot] = await snapshots.Find(snapshot, type, key, cancel);
        var said = new Dictionary<long, string> { [0] = "none" };
        foreach (var nid in members.Values.Distinct().Where(nid => nid != 0))
        {
            var member = (await events.ByNid([nid], cancel)).Single();
            said[nid] = Memberships.Of(PduReader.ReadStored(member.Event.Utf8, version, member.EventId, member.Redacted)).Word();
        }
        return new MembershipsAtEvents { Memberships = places.ToDictionary(place => place.Key, place => said[members[place.Value.Snapshot]]) };
    }
}
