using System.Text.Json;
using Matrix.Bus.Foundation;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.RoomServer;

using Pending = PendingCall<InputRoomEvents, InputOutcome>;

/// <summary>Brings everything into memory that a batch will ask about: rooms, slots, numbers of names, levels of snapshots; a
/// few round trips for the whole batch, none if everything is there.</summary>
sealed class Preparation(RoomLoading loading, Snapshots snapshots, Names names, Redactions redactions, RestrictedJoins restricted)
{
    /// <summary>Prepares a batch over the rooms of a partition.</summary>
    public async ValueTask Prepare(IReadOnlyList<Pending> calls, HotRooms rooms, Batch batch, CancellationToken cancel)
    {
        var events = 0;
        HashSet<RoomId>? cold = null;
        foreach (var pending in calls)
        {
            events += pending.Call.Events.Count;
            if (!rooms.Has(pending.Call.RoomId))
                (cold ??= []).Add(pending.Call.RoomId);
        }
        // An event takes a number, a snapshot and two levels at most.
        await batch.Nids.Ensure((events * 4) + 16, cancel);
        if (cold is not null)
        {
            foreach (var head in await loading.Heads(cold, cancel))
                rooms.Add(head);
        }

        Wanted? wanted = null;
        foreach (var pending in calls)
        {
            var head = rooms.Find(pending.Call.RoomId);
            foreach (var input in pending.Call.Events)
            {
                if (input.Draft is { } draft)
                    Want(head, draft, ref wanted);
            }
        }
        if (wanted is not null)
            await Load(wanted, batch, cancel);
    }

    /// <summary>Sees to it that names have numbers.</summary>
    public ValueTask EnsureNames(string type, string? stateKey, CancellationToken cancel) =>
        names.HasType(type) && (stateKey is null || names.HasKey(stateKey))
            ? ValueTask.CompletedTask
            : new ValueTask(names.Ensure([type], stateKey is null ? [] : [stateKey], cancel));

    /// <summary>Sees to it that slots are in memory.</summary>
    public async ValueTask EnsureSlots(RoomHead head, IEnumerable<StateSlot> slots, CancellationToken cancel)
    {
        List<(RoomHead, StateSlot)>? missing = null;
        foreach (var slot in slots)
        {
            if (!head.Has(slot))
                (missing ??= []).Add((head, slot));
        }
        if (missing is not null)
            await loading.Slots(missing, cancel);
    }

    /// <summary>Sees to it that the levels of a room's snapshots are in memory that so many changes need.</summary>
    public async ValueTask EnsureLevels(RoomHead head, int changes, CancellationToken cancel)
    {
        if (head.Snapshot.NeedsLevel1(changes))
            head.Snapshot = await snapshots.WithLevel1(head.Snapshot, cancel);
        if (head.Snapshot.NeedsLevel0(changes))
            head.Snapshot = await snapshots.WithLevel0(head.Snapshot, cancel);
    }

    void Want(RoomHead? head, Draft draft, ref Wanted? wanted)
    {
        if (!names.HasType(draft.Type))
            (wanted ??= new()).Types.Add(draft.Type);
        if (draft.StateKey is { } key)
        {
            if (!names.HasKey(key))
                (wanted ??= new()).Keys.Add(key);
            if (head is not null)
                (wanted ??= new()).Changes[head] = wanted.Changes.GetValueOrDefault(head) + 1;
        }
        if (head is null)
            return;

        if (Redactions.TargetOf(draft) is { } target)
            (wanted ??= new()).Targets.Add(target);
        if (!head.HasMember(draft.Sender.Value))
            (wanted ??= new()).Slots.Add((head, StateSlot.Member(draft.Sender)));
        if (draft.StateKey is null)
            return;
        if (new StateSlot(draft.Type, draft.StateKey) is var own && !head.Has(own))
            wanted!.Slots.Add((head, own));
        if (draft.Type == EventTypes.Member)
        {
            WantForMember(head, draft, wanted!);
            if (draft.AuthoriseRestrictedJoin)
                wanted!.RestrictedJoins.Add((head, draft));
        }
    }

    static void WantForMember(RoomHead head, Draft draft, Wanted wanted)
    {
        try
        {
            foreach (var slot in AuthEventTypes.For(head.Version, draft.Type, draft.StateKey, draft.Sender, draft.Content.Parse()))
            {
                if (!head.Has(slot))
                    wanted.Slots.Add((head, slot));
            }
        }
        catch (JsonException)
        {
            // It will be refused for it.
        }
        foreach (var slot in StrippedState.Slots)
        {
            if (!head.Has(slot))
                wanted.Slots.Add((head, slot));
        }
    }

    async Task Load(Wanted wanted, Batch batch, CancellationToken cancel)
    {
        if (wanted.Types.Count + wanted.Keys.Count > 0)
            await names.Ensure(wanted.Types, wanted.Keys, cancel);
        if (wanted.Slots.Count > 0)
            await loading.Slots(wanted.Slots, cancel);
        foreach (var (head, changes) in wanted.Changes)
            await EnsureLevels(head, changes, cancel);
        if (wanted.Targets.Count > 0)
            await redactions.Load(wanted.Targets, batch.Targets, cancel);
        foreach (var (head, draft) in wanted.RestrictedJoins)
        {
            if (await restricted.Authorise(head, draft, cancel) is not { } authorised)
                continue;
            await EnsureSlots(head, [StateSlot.Member(authorised.By)], cancel);
            batch.Contents[draft] = authorised.Content;
        }
    }

    sealed class Wanted
    {
        public HashSet<string> Types { get; } = [];

        public HashSet<string> Keys { get; } = [];

        public HashSet<(RoomHead, StateSlot)> Slots { get; } = [];

        public Dictionary<RoomHead, int> Changes { get; } = [];

        public HashSet<EventId> Targets { get; } = [];

        public List<(RoomHead, Draft)> RestrictedJoins { get; } = [];
    }
}
