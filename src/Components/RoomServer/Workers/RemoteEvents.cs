using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Matrix.Bus.RoomServer;

/// <summary>Events that come as PDUs: the create event of a new room, and what other servers sent.</summary>
sealed class RemoteEvents(Drafting drafting, RemoteEvents.Parts parts, RoomServerContext context)
{
    // The owner's numbers rise: a room's first events are those with the lowest.
    const string FirstSql = "SELECT event_id FROM rooms.event WHERE room_nid = $1 ORDER BY event_nid LIMIT $2";

    /// <summary>What this needs of the component.</summary>
    public sealed class Parts(
        EventReader events, Snapshots snapshots, ForkResolution forks, Redactions redactions, [FromKeyedServices(ComponentNames.RoomServer)] NpgsqlDataSource db)
    {
        public EventReader Events { get; } = events;

        public Snapshots Snapshots { get; } = snapshots;

        public ForkResolution Forks { get; } = forks;

        public Redactions Redactions { get; } = redactions;

        public NpgsqlDataSource Db { get; } = db;
    }

    /// <summary>Stages the create event of a new room; the head of the room, or why not.</summary>
    public async Task<(RoomHead?, Refusal?)> Create(InputRoomEvents call, string version, Batch batch, CancellationToken cancel)
    {
        if (RoomVersion.Find(version) is not { } rules)
            return (null, new Refusal { Status = 400, Errcode = "M_UNSUPPORTED_ROOM_VERSION", Error = $"This server does not speak room version '{version}'." });
        if (call.Events[0] is not { Kind: InputKind.New, Pdu: { } json })
            return (null, Refusals.BadInput("The first input of a room begins with its create event as a PDU."));
        var reading = PduReader.Read(json.Utf8, rules);
        if (reading.Pdu is not { } pdu)
            return (null, Refusals.BadJson(reading.Fault, reading.Field));
        if (!pdu.IsStateOf(EventTypes.Create, "") || pdu.RoomId != call.RoomId)
            return (null, Refusals.BadInput("The first event of a room is its own create event."));

        var head = new RoomHead { Nid = batch.Nids.Next(), RoomId = pdu.RoomId, Version = rules, IsComplete = true };
        var verdict = AuthRules.Check(pdu, head);
        if (!verdict.Allowed)
            return (null, Refusals.Forbidden(verdict));
        await context.Preparation.EnsureNames(pdu.Type, pdu.StateKey, cancel);
        batch.Rows.Rooms.Add(new RoomRow(head.Nid, head.RoomId.Value, rules.Id));
        drafting.Append(head, pdu, [], [], null, batch);
        return (head, null);
    }

    /// <summary>Answers the creation of a room that exists: with its first events if it is the same, and by a refusal if not.</summary>
    public async Task<(InputOutcome?, Refusal?)> RepeatOfCreation(InputRoomEvents call, RoomHead head, CancellationToken cancel)
    {
        if (call.Events[0].Pdu is not { } json || PduReader.Read(json.Utf8, head.Version).Pdu is not { } pdu
            || head.Get(StateSlot.Create).Pdu?.EventId != pdu.EventId)
            return (null, new Refusal { Status = 409, Errcode = "M_ROOM_IN_USE", Error = "There is a room of that id." });

        await using var command = parts.Db.CreateCommand(FirstSql);
        command.Parameters.Add(Sql.Of(head.Nid));
        command.Parameters.Add(Sql.Of(call.Events.Count));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var outcomes = new List<EventOutcome>();
        while (await reader.ReadAsync(cancel))
            outcomes.Add(new EventOutcome { EventId = EventId.Parse(reader.GetString(0)), Verdict = EventVerdict.Accepted, Repeat = true });
        return (new InputOutcome { Events = outcomes }, null);
    }

    /// <summary>Judges and stages one PDU of a known room. Events that it rests on must be committed: nothing may be staged yet.</summary>
    public async Task<EventOutcome> Stage(RoomHead head, RawJson json, InputKind kind, Batch batch, CancellationToken cancel)
    {
        var reading = PduReader.Read(json.Utf8, head.Version);
        if (reading.Pdu is not { } pdu)
            return Dropped(NameOf(json), "event format", $"Not a valid event: {reading.Fault} {reading.Field}".TrimEnd());
        if (pdu.RoomId != head.RoomId)
            return Dropped(pdu.EventId, "room", "The event is of another room.");

        var places = await parts.Events.Places(head.RoomId, [pdu.EventId, .. pdu.PrevEvents, .. pdu.AuthEvents], cancel);
        if (places.TryGetValue(pdu.EventId, out var known) && (known.HasState || kind != InputKind.New))
            return new EventOutcome { EventId = pdu.EventId, Verdict = known.Verdict, Repeat = true };

        var judged = new Judged(pdu, kind, places, known.Event);
        if (Unknown(judged.AuthNids is null ? pdu.AuthEvents : [], places) is { Count: > 0 } missingAuth)
            return Dropped(pdu.EventId, "auth events", "Auth events are not known.") with { Missing = missingAuth };
        await context.Preparation.EnsureNames(pdu.Type, pdu.StateKey, cancel);

        var auth = await Load([.. pdu.AuthEvents.Select(id => places[id].Event)], head.Version, cancel);
        var byId = auth.Values.ToDictionary(each => each.EventId);
        var own = AuthRules.CheckAuthEvents(pdu, byId.GetValueOrDefault, id => places[id].Verdict == EventVerdict.Rejected);
        if (own.Allowed)
        {
            // From version 12 on the room id itself names the create event.
            own = AuthRules.Check(pdu, slot => slot == StateSlot.Create && head.Version.RoomIdIsCreateHash
                ? head.Get(slot).Pdu
                : auth.Values.FirstOrDefault(each => each.IsStateOf(slot.Type, slot.StateKey)));
        }

        if (kind is InputKind.Outlier or InputKind.Old)
            return StageAside(head, judged, own, batch);
        if (Unknown(pdu.PrevEvents, places, withState: true) is { Count: > 0 } missing)
            return Dropped(pdu.EventId, "prev events", "Previous events are not known.") with { Missing = missing };
        if (pdu.PrevEvents.Count == 0)
            return Dropped(pdu.EventId, "prev events", "An event of a room that exists follows another.");
        return await StageForward(head, judged, own, batch, cancel);
    }

    /// <summary>A PDU with what is known about it.</summary>
    sealed record Judged(Pdu Pdu, InputKind Kind, Dictionary<EventId, EventPlace> Places, long KnownNid)
    {
        public long[]? AuthNids => Pdu.AuthEvents.All(Places.ContainsKey) ? [.. Pdu.AuthEvents.Select(id => Places[id].Event)] : null;
    }

    static List<EventId> Unknown(IReadOnlyList<EventId> ids, Dictionary<EventId, EventPlace> places, bool withState = false) =>
        [.. ids.Where(id => !places.TryGetValue(id, out var place) || (withState && !place.HasState))];

    /// <summary>History and events outside the graph: their own auth events decide, and the room's head stays where it is.</summary>
    EventOutcome StageAside(RoomHead head, Judged judged, AuthVerdict own, Batch batch)
    {
        var nid = batch.Nids.Next();
        var verdict = own.Allowed ? EventVerdict.Accepted : EventVerdict.Rejected;
        Store(head, judged, nid, 0, 0, verdict, batch);
        if (verdict == EventVerdict.Accepted && judged.Kind == InputKind.Old)
            batch.Output(head, Entry(head, judged.Pdu, OutputKind.OldEvent, batch), nid);
        return Outcome(head, judged.Pdu, verdict, own, batch);
    }

    async Task<EventOutcome> StageForward(RoomHead head, Judged judged, AuthVerdict own, Batch batch, CancellationToken cancel)
    {
        var pdu = judged.Pdu;
        await context.Preparation.EnsureSlots(head, [.. AuthEventTypes.For(pdu), .. StateSlot.Of(pdu) is { } slot ? [slot] : Array.Empty<StateSlot>(), .. StrippedState.Slots], cancel);
        if (pdu.Redacts is { } target)
            await parts.Redactions.Load([target], batch.Targets, cancel);

        if (judged.KnownNid == 0 && pdu.PrevEvents.Count == head.Extremities.Length && head.Extremities.All(each => pdu.PrevEvents.Contains(each.Id)))
            return await StageAtHead(head, judged, own, batch, cancel);

        var cursor = await parts.Snapshots.WithLevel0(await parts.Snapshots.WithLevel1(head.Snapshot, cancel), cancel);
        var nid = judged.KnownNid != 0 ? judged.KnownNid : batch.Nids.Next();
        var before = await Resolve(head, [.. pdu.PrevEvents.Select(id => judged.Places[id].Snapshot).Distinct()], null, null, cancel);
        var own2 = own.Allowed ? await CheckAt(head, before, pdu, cancel) : own;
        if (!own2.Allowed)
        {
            Store(head, judged, nid, cursor.To(before, head.Nid, batch.Nids, batch.Rows).Nid, 0, EventVerdict.Rejected, batch);
            return Outcome(head, pdu, EventVerdict.Rejected, own2, batch);
        }

        var change = pdu.StateKey is { } key ? new SlotEvent(batch.Names.Type(pdu.Type), batch.Names.Key(key), nid) : default;
        var after = pdu.IsState ? StateDelta.With(before, change) : before;
        var replaces = pdu.IsState ? StateDelta.Find(before, change.Type, change.Key) ?? 0 : 0;
        var snapshot = cursor.To(after, head.Nid, batch.Nids, batch.Rows);
        var soft = AuthRules.Check(pdu, head);
        if (!soft.Allowed)
        {
            Store(head, judged, nid, snapshot.Nid, replaces, EventVerdict.SoftFailed, batch);
            return Outcome(head, pdu, EventVerdict.SoftFailed, soft, batch);
        }

        Store(head, judged, nid, snapshot.Nid, replaces, EventVerdict.Accepted, batch);
        var fresh = pdu.IsState ? new FreshEvent(nid, pdu, change, judged.AuthNids!) : null;
        await Advance(head, pdu, nid, after, cursor, fresh, replaces, batch, cancel);
        if (pdu.Type == EventTypes.Redaction)
            Redactions.Apply(head, pdu, nid, batch);
        foreach (var redaction in await parts.Redactions.Waiting(pdu.EventId, cancel))
            Redactions.Apply(head, redaction, new RedactionTarget(nid, pdu), batch);
        return new EventOutcome { EventId = pdu.EventId, Verdict = EventVerdict.Accepted };
    }

    /// <summary>The event follows all there is: the current state is the state before it, and no other need be looked at.</summary>
    async Task<EventOutcome> StageAtHead(RoomHead head, Judged judged, AuthVerdict own, Batch batch, CancellationToken cancel)
    {
        var pdu = judged.Pdu;
        var verdict = own.Allowed ? AuthRules.Check(pdu, head) : own;
        if (!verdict.Allowed)
        {
            Store(head, judged, batch.Nids.Next(), head.Snapshot.Nid, 0, EventVerdict.Rejected, batch);
            return Outcome(head, pdu, EventVerdict.Rejected, verdict, batch);
        }
        await context.Preparation.EnsureLevels(head, 1, cancel);
        var waiting = await parts.Redactions.Waiting(pdu.EventId, cancel);
        drafting.Append(head, pdu, Varint.Pack(judged.AuthNids), [], null, batch);
        foreach (var redaction in waiting)
            Redactions.Apply(head, redaction, batch.Target(pdu.EventId)!, batch);
        return new EventOutcome { EventId = pdu.EventId, Verdict = EventVerdict.Accepted };
    }

    /// <summary>Moves the head of the room over the event: extremities, and the state that all of them together make.</summary>
    async Task Advance(
        RoomHead head, Pdu pdu, long nid, SlotEvent[] after, SnapshotCursor cursor, FreshEvent? fresh, long replaces, Batch batch, CancellationToken cancel)
    {
        var followed = pdu.PrevEvents.ToHashSet();
        Extremity[] left = [.. head.Extremities.Where(each => !followed.Contains(each.Id))];
        var old = await parts.Snapshots.State(cursor, cancel);
        var current = after;
        if (left.Length > 0)
        {
            var places = await parts.Events.Places(head.RoomId, [.. left.Select(each => each.Id)], cancel);
            current = await Resolve(head, [.. left.Select(each => places[each.Id].Snapshot).Distinct()], after, fresh, cancel);
        }
        head.Extremities = [.. left, new Extremity(nid, pdu.EventId)];
        head.Depth = Math.Max(head.Depth, pdu.Depth);

        var entry = Entry(head, pdu, OutputKind.NewEvent, batch);
        var changes = StateDelta.Difference(old, current);
        if (changes.Length > 0)
            entry = await ChangeState(head, pdu, nid, changes, old, current, cursor, entry, batch, cancel);
        if (replaces != 0 && (await parts.Events.ByNid([replaces], cancel)).SingleOrDefault() is { } replaced)
            entry = entry with { ReplacesState = replaced.EventId, PrevContent = RawJson.From(replaced.Event.Parse().GetProperty("content")) };
        batch.Output(head, entry, nid);
        if (pdu.Type == EventTypes.Member && pdu.StateKey is not null && head.Member(pdu.StateKey).Nid == nid)
            drafting.TellInviteOrKnock(head, pdu, nid, batch);
    }

    async Task<OutputRoomEvent> ChangeState(
        RoomHead head, Pdu pdu, long nid, SlotEvent[] changes, SlotEvent[] old, SlotEvent[] current, SnapshotCursor cursor, OutputRoomEvent entry, Batch batch,
        CancellationToken cancel)
    {
        long[] gone = [.. changes.Where(change => change.Event == 0).Select(change => StateDelta.Find(old, change.Type, change.Key)!.Value)];
        var pdus = await Load([.. changes.Select(change => change.Event).Where(each => each != 0 && each != nid), .. gone], head.Version, cancel);
        pdus[nid] = pdu;
        var told = new List<StateChange>(changes.Length);
        foreach (var change in changes)
        {
            var stands = change.Event == 0 ? null : pdus[change.Event];
            var slot = StateSlot.Of(stands ?? pdus[StateDelta.Find(old, change.Type, change.Key)!.Value])!.Value;
            await context.Preparation.EnsureSlots(head, [slot], cancel);
            var entryNow = stands is null ? StateEntry.Absent : new StateEntry(stands, change.Event);
            head.Set(slot, entryNow);
            batch.Rows.Current.Add(new CurrentRow(head.Nid, change.Type, change.Key, change.Event));
            if (slot.Type == EventTypes.Member)
                batch.Rows.Memberships.Add(new MembershipRow(slot.StateKey, head.Nid, (short)entryNow.Membership, change.Event));
            told.Add(new StateChange
            {
                Type = slot.Type,
                StateKey = slot.StateKey,
                EventId = stands?.EventId,
                Event = stands is null || change.Event == nid ? null : new RawJson(stands.Json),
            });
        }
        head.Snapshot = cursor.To(current, head.Nid, batch.Nids, batch.Rows);
        return entry with { StateChanges = told };
    }

    async Task<SlotEvent[]> Resolve(RoomHead head, IReadOnlyList<long> snapshots, SlotEvent[]? another, FreshEvent? fresh, CancellationToken cancel)
    {
        var states = new List<SlotEvent[]>(snapshots.Count + 1);
        foreach (var snapshot in snapshots)
            states.Add(await parts.Snapshots.State(snapshot, cancel));
        if (another is not null)
            states.Add(another);
        return await parts.Forks.Resolve(head, states, fresh, cancel);
    }

    async Task<AuthVerdict> CheckAt(RoomHead head, SlotEvent[] state, Pdu pdu, CancellationToken cancel)
    {
        var slots = AuthEventTypes.For(pdu).Append(StateSlot.Create).Distinct().ToList();
        await context.Names.Find([.. slots.Select(slot => slot.Type)], [.. slots.Select(slot => slot.StateKey)], cancel);
        var nids = new Dictionary<StateSlot, long>();
        foreach (var slot in slots)
        {
            if (context.Names.HasType(slot.Type) && context.Names.HasKey(slot.StateKey)
                && StateDelta.Find(state, context.Names.Type(slot.Type), context.Names.Key(slot.StateKey)) is { } nid)
                nids[slot] = nid;
        }
        var pdus = await Load([.. nids.Values], head.Version, cancel);
        return AuthRules.Check(pdu, slot => nids.TryGetValue(slot, out var nid) ? pdus[nid] : null);
    }

    async Task<Dictionary<long, Pdu>> Load(IReadOnlyCollection<long> nids, RoomVersion version, CancellationToken cancel)
    {
        var pdus = new Dictionary<long, Pdu>();
        if (nids.Count == 0)
            return pdus;
        foreach (var (nid, each) in await parts.Events.Numbered(nids, cancel))
            pdus[nid] = PduReader.ReadStored(each.Event.Utf8, version, each.EventId, each.Redacted);
        return pdus;
    }

    static void Store(RoomHead head, Judged judged, long nid, long snapshot, long replaces, EventVerdict verdict, Batch batch)
    {
        var pdu = judged.Pdu;
        if (judged.KnownNid != 0)
        {
            batch.Rows.Placed.Add(new PlacedRow(nid, snapshot, replaces, (short)verdict));
            return;
        }
        batch.Rows.Events.Add(new EventRow(
            nid, head.Nid, pdu.EventId.Value, batch.Names.Type(pdu.Type), pdu.StateKey is { } key ? batch.Names.Key(key) : 0, pdu.Depth, pdu.OriginServerTs, snapshot,
            replaces, (short)verdict, Varint.Pack(judged.AuthNids), pdu.Json, pdu.IsRedacted));
    }

    static OutputRoomEvent Entry(RoomHead head, Pdu pdu, OutputKind kind, Batch batch) => new()
    {
        Kind = kind,
        RoomId = head.RoomId,
        RoomVersion = head.Version.Id,
        Sequence = ++head.Sequence,
        EventId = pdu.EventId,
        Event = new RawJson(pdu.Json),
        StoredAt = batch.Now,
    };

    static EventOutcome Outcome(RoomHead head, Pdu pdu, EventVerdict verdict, AuthVerdict auth, Batch batch)
    {
        if (verdict == EventVerdict.Accepted)
            return new EventOutcome { EventId = pdu.EventId, Verdict = verdict };
        batch.Rows.Checks.Add(new CheckRow(pdu.EventId.Value, head.RoomId.Value, (short)verdict, auth.Code, auth.Sentence, batch.Now));
        return new EventOutcome { EventId = pdu.EventId, Verdict = verdict, Rule = auth.Code, Reason = auth.Sentence };
    }

    static EventOutcome Dropped(EventId id, string rule, string reason) =>
        new() { EventId = id, Verdict = EventVerdict.Dropped, Rule = rule, Reason = reason };

    /// <summary>What is no event has no id; a digest of its bytes names it.</summary>
    static EventId NameOf(RawJson json) => EventId.Parse("$" + UnpaddedBase64.EncodeUrlSafe(System.Security.Cryptography.SHA256.HashData(json.Utf8.Span)));
}
