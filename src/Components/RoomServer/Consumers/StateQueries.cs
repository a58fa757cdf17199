using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.RoomServer;

/// <summary>The state of a room now.</summary>
sealed class QueryCurrentStateHandler(RoomReader rooms) : ICallHandler<QueryCurrentState, RoomState>
{
    public async Task<RoomState> Handle(QueryCurrentState call, CancellationToken cancel)
    {
        var version = await rooms.Version(call.RoomId, cancel) ?? throw Missing.Room();
        var events = new Dictionary<StateSlot, ReadEvent>();
        if (call.Slots is { } slots)
            events = await rooms.Events(call.RoomId, slots, cancel);
        if (call.Slots is null || call.Types is not null)
        {
            foreach (var (slot, each) in await rooms.Events(call.RoomId, call.Types, cancel))
                events[slot] = each;
        }
        return new RoomState
        {
            RoomVersion = version.Id,
            Events = [.. events.Values.Select(each => new IdentifiedEvent { EventId = each.Id, Event = new RawJson(each.Json), Redacted = each.Redacted })],
        };
    }
}

/// <summary>The state of a room at an event.</summary>
sealed class QueryStateAtEventHandler(RoomReader rooms, EventReader events, Snapshots snapshots, Names names)
    : ICallHandler<QueryStateAtEvent, RoomState>
{
    public async Task<RoomState> Handle(QueryStateAtEvent call, CancellationToken cancel)
    {
        var version = await rooms.Version(call.RoomId, cancel) ?? throw Missing.Room();
        var places = await events.Places(call.RoomId, [call.EventId], cancel);
        if (!places.TryGetValue(call.EventId, out var place))
            throw Missing.Event();
        if (!place.HasState)
            throw new RefusedException(404, "M_NOT_FOUND", "This server does not know the state at the event.");
        var state = await snapshots.State(place.Snapshot, cancel);
        if (call.Before && place.ChangesState)
            state = StateDelta.Merge(state, [new SlotEvent(place.Type, place.Key, place.Replaces)], keepRemovals: false);
        if (call.Slots is { } wanted)
            state = await Only(state, wanted, cancel);
        return new RoomState { RoomVersion = version.Id, Events = await events.ByNid([.. state.Select(slot => slot.Event)], cancel) };
    }

    async Task<SlotEvent[]> Only(SlotEvent[] state, IReadOnlyList<StateSlot> wanted, CancellationToken cancel)
    {
        await names.Find([.. wanted.Select(slot => slot.Type)], [.. wanted.Select(slot => slot.StateKey)], cancel);
        var slots = wanted.Where(slot => names.HasType(slot.Type) && names.HasKey(slot.StateKey)).Select(slot => (names.Type(slot.Type), names.Key(slot.StateKey))).ToHashSet();
        return [.. state.Where(slot => slots.Contains((slot.Type, slot.Key)))];
    }
}

/// <summary>The forward extremities of a room.</summary>
sealed class QueryLatestEventsHandler(RoomReader rooms) : ICallHandler<QueryLatestEvents, LatestEvents>
{
    public async Task<LatestEvents> Handle(QueryLatestEvents call, CancellationToken cancel) =>
        await rooms.Head(call.RoomId, cancel) is { } head
            ? new LatestEvents { EventIds = head.Extremities, Depth = head.Depth, Sequence = head.Sequence }
            : throw Missing.Room();
}
