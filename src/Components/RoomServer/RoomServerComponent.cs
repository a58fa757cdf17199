using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Rooms;
using Microsoft.Extensions.DependencyInjection;

namespace Matrix.Bus.RoomServer;

/// <summary>
/// The rooms: judges, orders and stores events, keeps the state of every room, and tells everybody else by the output log.
/// </summary>
/// <remarks>
/// A room has one writer at a time, the owner of its partition (<c>Workers/PartitionOwner</c>): it keeps hot rooms in memory,
/// builds local drafts at the head of the room (<c>Workers/Drafting</c>), judges what other servers sent
/// (<c>Workers/RemoteEvents</c>), and commits whatever a batch holds in one round trip (<c>Storage/CommitLanes</c>). Queries are
/// answered from PostgreSQL by any host.
/// </remarks>
public sealed class RoomServerComponent : IComponent
{
    /// <inheritdoc/>
    public static string Name => ComponentNames.RoomServer;

    /// <inheritdoc/>
    public static void Register(ComponentBuilder component)
    {
        var services = component.Services;
        services.AddSingleton(RoomServerOptions.Read(component.Configuration));
        services.AddServerIdentity(component.Configuration);
        services.AddSingleton<CommitLanes>();
        services.AddSingleton<Names>();
        services.AddSingleton<PartitionRows>();
        services.AddSingleton<ClientTransactions>();
        services.AddSingleton<RoomLoading>();
        services.AddSingleton<Snapshots>();
        services.AddSingleton<Redactions>();
        services.AddSingleton<ForkResolution>();
        services.AddSingleton<RestrictedJoins>();
        services.AddSingleton<Preparation>();
        services.AddSingleton<RoomServerContext>();
        services.AddSingleton<MembershipReader>();
        services.AddSingleton<EventReader>();
        services.AddSingleton<RemoteEvents.Parts>();

        services.AddSingleton<RoomReader>();
        services.AddSingleton<RoomAliasTable>();
        services.AddSingleton<PublishedRooms>();
        services.AddSingleton<MemberContent>();
        services.AddSingleton<RoomPower>();
        services.AddSingleton<RoomSummaries>();

        component
            .Schema("rooms", typeof(RoomServerComponent).Assembly)
            .Produces<OutputRoomEvent, OutputLog>()
            .AnswersByPartition<InputRoomEvents, InputOutcome, InputRoomEventsHandler>()
            .Answers<CreateRoom, RoomCreated, CreateRoomHandler>()
            .Answers<ChangeMembership, MembershipChanged, ChangeMembershipHandler>()
            .Answers<UpgradeRoom, RoomCreated, UpgradeRoomHandler>()
            .Answers<SetRoomAlias, Done, SetRoomAliasHandler>()
            .Answers<RemoveRoomAlias, Done, RemoveRoomAliasHandler>()
            .Answers<QueryRoomIdForAlias, AliasTarget, QueryRoomIdForAliasHandler>()
            .Answers<QueryAliasesForRoom, RoomAliases, QueryAliasesForRoomHandler>()
            .Answers<PublishRoom, Done, PublishRoomHandler>()
            .Answers<QueryRoomPublished, RoomPublished, QueryRoomPublishedHandler>()
            .Answers<QueryPublishedRooms, PublishedRoomsPage, QueryPublishedRoomsHandler>()
            .Answers<QueryRoomSummary, RoomPreview, QueryRoomSummaryHandler>()
            .Answers<QueryNextRoomHierarchyPage, RoomHierarchyPage, QueryNextRoomHierarchyPageHandler>()
            .Answers<PerformForget, Done, PerformForgetHandler>()
            .Answers<QueryCurrentState, RoomState, QueryCurrentStateHandler>()
            .Answers<QueryStateAtEvent, RoomState, QueryStateAtEventHandler>()
            .Answers<QueryLatestEvents, LatestEvents, QueryLatestEventsHandler>()
            .Answers<QueryEventsById, StoredEvents, QueryEventsByIdHandler>()
            .Answers<QueryEventCheck, EventCheck, QueryEventCheckHandler>()
            .Answers<QueryMembershipForUser, MembershipForUser, QueryMembershipForUserHandler>()
            .Answers<QueryMembershipsForRoom, RoomMemberships, QueryMembershipsForRoomHandler>()
            .Answers<QueryMembershipAtEvent, MembershipsAtEvents, QueryMembershipAtEventHandler>()
            .Answers<QueryRoomsForUser, RoomsForUser, QueryRoomsForUserHandler>()
            .Answers<QueryMutualRooms, MutualRooms, QueryMutualRoomsHandler>()
            .Answers<QuerySharedUsers, SharedUsers, QuerySharedUsersHandler>()
            .Answers<QueryRoomInfo, RoomInfo, QueryRoomInfoHandler>()
            .Answers<QueryJoinedUserCount, JoinedUserCount, QueryJoinedUserCountHandler>()
            .Answers<QueryRoomVersion, KnownRoomVersion, QueryRoomVersionHandler>()
            .Answers<QueryRoomVersionCapabilities, RoomVersionCapabilities, QueryRoomVersionCapabilitiesHandler>();
    }
}
