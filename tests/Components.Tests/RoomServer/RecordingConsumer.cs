using System.Collections.Concurrent;
using Matrix.Bus.Foundation;
using Matrix.Bus.Harness;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.RoomServer.Tests;

/// <summary>Follows the output log and keeps what it gets, from the beginning.</summary>
public sealed class RecordingConsumer : ILogConsumer<OutputRoomEvent>
{
    readonly ConcurrentQueue<Logged<OutputRoomEvent>> _entries = new();

    public IReadOnlyList<Logged<OutputRoomEvent>> Entries => [.. _entries];

    public static void Register(ComponentBuilder component) => component.Consumes<OutputRoomEvent, RecordingConsumer>();

    public Task<long> Attach(int partition, CancellationToken cancel) =>
        Task.FromResult(_entries.Where(entry => entry.Partition == partition).Select(entry => entry.Position).DefaultIfEmpty(0).Max());

    public Task Handle(LogBatch<OutputRoomEvent> batch, CancellationToken cancel)
    {
        foreach (var entry in batch.Entries)
            _entries.Enqueue(entry);
        return Task.CompletedTask;
    }

    public Task Detach(int partition) => Task.CompletedTask;

    /// <summary>The entries of a room, once there are so many.</summary>
    public async Task<IReadOnlyList<OutputRoomEvent>> Room(RoomId room, int count)
    {
        var deadline = DateTimeOffset.UtcNow.AddSeconds(20);
        while (true)
        {
            var entries = Entries.Where(entry => entry.Entry.RoomId == room).Select(entry => entry.Entry).ToList();
            if (entries.Count >= count || DateTimeOffset.UtcNow > deadline)
                return entries;
            await Task.Delay(10);
        }
    }
}
