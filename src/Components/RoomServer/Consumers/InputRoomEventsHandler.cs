using System.Collections.Concurrent;
using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Rooms;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace Matrix.Bus.RoomServer;

/// <summary>Events for rooms: hands each batch to the owner of its partition.</summary>
sealed class InputRoomEventsHandler(
    RoomServerContext context,
    RoomServerOptions options,
    ServerIdentity identity,
    OutputLog output,
    RemoteEvents.Parts remote,
    IHostApplicationLifetime lifetime,
    [FromKeyedServices(ComponentNames.RoomServer)] NpgsqlDataSource db) : IPartitionedCallHandler<InputRoomEvents, InputOutcome>
{
    readonly ConcurrentDictionary<int, PartitionOwner> _owners = new();

    public async Task Attach(int partition, CancellationToken cancel)
    {
        var key = await identity.SigningKey(cancel);
        // Taking it over fences whoever had it before; numbers are taken after that, so that they are greater than all before.
        var place = await context.Partitions.Take(partition, cancel);
        var nids = new NidBlock(db);
        var drafting = new Drafting(options.ServerName, key);
        _owners[partition] = new PartitionOwner(partition, place, nids, drafting, new RemoteEvents(drafting, remote, context), context, lifetime.ApplicationStopping);

        // A predecessor may have committed it without telling: whoever hears of the last entry notices what it lacks.
        if (place.Position > 0)
            context.Announce.Announce(await output.Read(partition, place.Position - 1, 1, cancel));
    }

    public Task Handle(int partition, IReadOnlyList<PendingCall<InputRoomEvents, InputOutcome>> batch, CancellationToken cancel) =>
        _owners.TryGetValue(partition, out var owner)
            ? owner.Handle(batch, cancel)
            // Taking it over again failed the last time; it is tried again.
            : throw new FencedException($"Partition {partition} is not attached.");

    public Task Detach(int partition)
    {
        _owners.TryRemove(partition, out _);
        return Task.CompletedTask;
    }
}
