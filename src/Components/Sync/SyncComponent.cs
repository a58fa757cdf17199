using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Edus;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Messages.Sync;
using Matrix.Bus.Messages.Users;
using Matrix.Bus.Sync.Api;
using Matrix.Bus.Sync.Consumers;
using Matrix.Bus.Sync.Live;
using Matrix.Bus.Sync.Reading;
using Matrix.Bus.Sync.Storage;
using Matrix.Bus.Sync.Workers;
using Microsoft.Extensions.DependencyInjection;

namespace Matrix.Bus.Sync;

/// <summary>
/// What clients see: follows the logs into a copy of its own (schema <c>sync</c>), gives every change one position in one stream,
/// and answers and wakes clients from there.
/// </summary>
/// <remarks>Any number of hosts may run it. The stream's row lock makes commit order position order, so a token never skips what
/// commits later. The newest stretch of the stream is kept in memory; all of it is rebuilt from the logs by <see cref="Storage.Rebuild"/>.</remarks>
public sealed class SyncComponent : IComponent
{
    /// <inheritdoc/>
    public static string Name => ComponentNames.Sync;

    /// <inheritdoc/>
    public static void Register(ComponentBuilder component)
    {
        component.Schema("sync", typeof(SyncComponent).Assembly);
        component.Consumes<OutputRoomEvent, RoomEvents>();
        component.Consumes<OutputClientData, ClientData>();
        component.Consumes<OutputReceipt, Receipts>();
        component.Hears<SyncAdvanced, LiveStream>();
        component.Hears<OutputTyping, Typing>();
        component.Answers<QueryRoomPlaces, RoomPlaces, QueryRoomPlacesHandler>();

        component.Services.AddSingleton<StreamFeed>();
        component.Services.AddSingleton<StreamWrite>();
        component.Services.AddSingleton<LiveStream>();
        component.Services.AddSingleton<TypingRooms>().AddSingleton<TypingReader>().AddSingleton<Places>();
        component.Services.AddSingleton<GroupCommit>();
        component.Services.AddHostedService<StreamWatch>();

        component.Serves(ApiKind.Client, SyncEndpoint.Map);
        component.Services.AddSingleton<SyncEndpoint>();
        component.Services.AddSingleton<SyncReader>();
        component.Services.AddSingleton<ColdRooms>();
        component.Services.AddSingleton<Filters>();
        component.Services.AddSingleton<Histories>();
        component.Services.AddSingleton<Timelines>();
        component.Services.AddSingleton<States>();
        component.Services.AddSingleton<Summaries>();
        component.Services.AddSingleton<Items>();
        component.Services.AddSingleton<Bundles>();

        RoomEndpoints.Register(component);
        RoomEndpoints.RegisterSliding(component);
    }
}
