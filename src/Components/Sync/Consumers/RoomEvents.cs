using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;
using Matrix.Bus.Sync.Domain;
using Matrix.Bus.Sync.Storage;
using Matrix.Bus.Sync.Workers;
using Npgsql;

namespace Matrix.Bus.Sync.Consumers;

/// <summary>What happens in rooms.</summary>
sealed class RoomEvents([FromKeyedSyncDatabase] NpgsqlDataSource db, GroupCommit commit) : StreamConsumer<OutputRoomEvent>(db, commit)
{
    protected override IEnumerable<Change> Changes(OutputRoomEvent entry) => entry.Kind switch
    {
        OutputKind.NewEvent or OutputKind.OldEvent when entry is { EventId: { } id, Event: { } pdu } => [Event(entry, id, pdu)],
        OutputKind.NewEvent => [new Change { RoomId = entry.RoomId.Value, RoomVersion = entry.RoomVersion, Deltas = Deltas(entry, null) }],
        OutputKind.Redacted when entry is { EventId: { } id, Event: { } pdu } => [Redacted(entry, id, pdu)],
        OutputKind.InviteOrKnock when entry.UserId is { } user => [Pending(entry, user)],
        OutputKind.InviteOrKnockEnded when entry.UserId is { } user => [Of(entry, new Notice(NoticeKind.Ended, user.Value, Membership.Leave, null, null))],
        OutputKind.Forgotten when entry.UserId is { } user => [Of(entry, new Notice(NoticeKind.Forgotten, user.Value, Membership.None, null, null))],
        OutputKind.Purged => [new Change { RoomId = entry.RoomId.Value, IsPurge = true, Item = new Item(ItemStream.Purge, entry.RoomId.Value, "", "", []) }],
        _ => [],
    };

    static Change Event(OutputRoomEvent entry, EventId id, RawJson pdu)
    {
        var timeline = EventForm.Of(id, entry.RoomId, pdu) with
        {
            ReplacesState = entry.ReplacesState?.Value,
            PrevContent = entry.PrevContent is { IsEmpty: false } content ? content.Utf8.ToArray() : null,
            DeviceId = entry.Transaction?.DeviceId,
            TransactionId = entry.Transaction?.TransactionId,
        };
        return new Change
        {
            RoomId = entry.RoomId.Value,
            RoomVersion = entry.RoomVersion,
            Event = timeline,
            IsPast = entry.Kind == OutputKind.OldEvent,
            Deltas = entry.Kind == OutputKind.OldEvent ? [] : Deltas(entry, timeline),
        };
    }

    static List<StateDelta> Deltas(OutputRoomEvent entry, SyncEvent? timeline)
    {
        var deltas = new List<StateDelta>(entry.StateChanges.Count);
        foreach (var change in entry.StateChanges)
        {
            var isOwn = timeline is not null && change.EventId?.Value == timeline.EventId;
            var stands = isOwn ? timeline
                : change is { EventId: { } id, Event: { } pdu } ? EventForm.Of(id, entry.RoomId, pdu)
                : null;
            deltas.Add(new StateDelta(EventForm.Storable(change.Type), EventForm.Storable(change.StateKey), change.EventId?.Value, stands, isOwn));
        }
        return deltas;
    }

    static Change Redacted(OutputRoomEvent entry, EventId id, RawJson pdu) => new()
    {
        RoomId = entry.RoomId.Value,
        Redacted = EventForm.Of(id, entry.RoomId, pdu) with { RedactedBecauseId = entry.RedactedBecause?.Value },
    };

    static Change Pending(OutputRoomEvent entry, UserId user)
    {
        var member = entry is { EventId: { } id, Event: { } pdu } ? EventForm.Of(id, entry.RoomId, pdu) : null;
        var membership = member?.Membership == Membership.Knock ? Membership.Knock : Membership.Invite;
        return Of(entry, new Notice(NoticeKind.Pending, user.Value, membership, StrippedState.Clean(entry.StrippedState, member), member?.Sender));
    }

    static Change Of(OutputRoomEvent entry, Notice notice) => new() { RoomId = entry.RoomId.Value, Notice = notice };
}
