using Matrix.Bus.Foundation;
using Matrix.Bus.Sync.Reading;
using Matrix.Bus.Sync.Reading.Sliding;
using Matrix.Bus.Sync.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Matrix.Bus.Sync.Api;

/// <summary>The endpoints that read one room: its timeline, state and members; and sliding sync.</summary>
static class RoomEndpoints
{
    public static void Register(ComponentBuilder component)
    {
        component.Services.AddSingleton<CaughtUp>().AddSingleton<RoomAccesses>().AddSingleton<RoomPages>().AddSingleton<RoomSlots>().AddSingleton<Relations>();
        component.Services.AddSingleton<EventLists>().AddSingleton<SenderMembers>();
        component.Services.AddSingleton<MessagesEndpoint>().AddSingleton<ContextEndpoint>().AddSingleton<EventEndpoint>();
        component.Services.AddSingleton<TimestampToEventEndpoint>().AddSingleton<StateEndpoints>().AddSingleton<MembersEndpoints>();
        component.Services.AddSingleton<RelationsEndpoint>().AddSingleton<ThreadsEndpoint>();
        component
            .Serves(ApiKind.Client, MessagesEndpoint.Map)
            .Serves(ApiKind.Client, ContextEndpoint.Map)
            .Serves(ApiKind.Client, EventEndpoint.Map)
            .Serves(ApiKind.Client, TimestampToEventEndpoint.Map)
            .Serves(ApiKind.Client, StateEndpoints.Map)
            .Serves(ApiKind.Client, MembersEndpoints.Map)
            .Serves(ApiKind.Client, RelationsEndpoint.Map)
            .Serves(ApiKind.Client, ThreadsEndpoint.Map);
    }

    /// <summary>Sliding sync.</summary>
    public static void RegisterSliding(ComponentBuilder component)
    {
        component.Services.AddSingleton<SlidingRooms>().AddSingleton<SlidingState>().AddSingleton<Connections>();
        component.Services.AddSingleton<SlidingLists>().AddSingleton<SlidingContent>().AddSingleton<SlidingExtensions>().AddSingleton<SlidingReader>();
        component.Services.AddSingleton<SlidingSyncEndpoint>();
        component.Serves(ApiKind.Client, SlidingSyncEndpoint.Map);
    }
}
