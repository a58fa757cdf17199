using Matrix.Bus.Sync.Domain;
using Matrix.Bus.Sync.Storage;

namespace Matrix.Bus.Sync.Reading;

/// <summary>The member events of those who speak in a piece of a timeline: what lazy loading sends with it.</summary>
sealed class SenderMembers(States states)
{
    /// <summary>As they stood at the newest of the events; of history from before this server was in the room, as they stand.</summary>
    public async Task<List<SyncEvent>> Of(RoomAccess access, IReadOnlyCollection<SyncEvent> timeline, CancellationToken cancel)
    {
        if (timeline.Count == 0)
            return [];
        var at = timeline.Max(e => e.Position ?? 0);
        var senders = timeline.Select(e => e.Sender).ToHashSet();
        var found = await states.Members([.. senders.Select(sender => (access.RoomId.Value, sender, at))], cancel);
        senders.ExceptWith(found.Select(member => member.StateKey!));
        if (senders.Count > 0 && access.StateAt is { } now && now > at)
            found.AddRange(await states.Members([.. senders.Select(sender => (access.RoomId.Value, sender, now))], cancel));
        return found;
    }
}
