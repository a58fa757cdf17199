using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Matrix.Bus.RoomServer;

using Pending = PendingCall<InputRoomEvents, InputOutcome>;

/// <summary>
/// Owns one partition: handles its inputs batch by batch, each batch one commit, and announces what was committed. Everything
/// in memory may be dropped at any time and is loaded again.
/// </summary>
sealed class PartitionOwner(
    int partition, PartitionPlace place, NidBlock nids, Drafting drafting, RemoteEvents remote, RoomServerContext context, CancellationToken stopping)
{
    const int MaxAttempts = 3;
    const int MaxEvents = 100;

    /// <summary>A room that replaces another begins with much of its state: all the bans, all the children of a space.</summary>
    const int MaxFirstEvents = 5000;

    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    readonly HotRooms _rooms = new(context.HotRoomsPerPartition);
    readonly TransactionMemory _transactions = new();
    PartitionPlace _place = place;
    Guid? _unsettled;
    bool _fenced;

    /// <summary>Handles a batch: every input is answered, refused or failed when this returns.</summary>
    public async Task Handle(IReadOnlyList<Pending> batch, CancellationToken cancel)
    {
        if (_fenced)
            throw Fenced();
        if (_unsettled is { } open)
            await Settle(open, cancel);

        // What other servers sent may rest on what came just before it: each such event is a commit of its own.
        if (batch.Count > 1 && HoldsPdus(batch))
        {
            foreach (var pending in batch)
                await Handle([pending], cancel);
            return;
        }
        if (HoldsPdus(batch))
        {
            await HandlePdus(batch[0], cancel);
            return;
        }

        for (var attempt = 1; ; attempt++)
        {
            var (failure, recalled) = await Try(batch, cancel);
            if (failure is null)
                return;
            if (_fenced || _unsettled is not null)
                throw Fenced();
            if (attempt < MaxAttempts && (recalled || IsTransient(failure)))
                continue;
            if (batch.Count == 1)
            {
                context.Log.InputFailed(partition, batch[0].Call.RoomId.Value, failure);
                batch[0].Fail(failure);
                return;
            }
            break;
        }
        // One of them is the cause, and takes no other with it.
        foreach (var pending in batch)
            await Handle([pending], cancel);
    }

    static bool HoldsPdus(IReadOnlyList<Pending> batch)
    {
        for (var i = 0; i < batch.Count; i++)
        {
            if (batch[i].Call is { CreatesRoomOfVersion: null, Events: [{ Pdu: not null }, ..] })
                return true;
        }
        return false;
    }

    /// <summary>Each PDU is judged and committed for itself; what was committed stays, whatever becomes of the next.</summary>
    async Task HandlePdus(Pending pending, CancellationToken cancel)
    {
        var outcomes = new List<EventOutcome>(pending.Call.Events.Count);
        try
        {
            foreach (var input in pending.Call.Events)
            {
                if (input is not { Pdu: { } pdu, Kind: InputKind.New or InputKind.Old or InputKind.Outlier })
                    throw new RefusedException(Refusals.BadInput("Drafts and PDUs do not come in one input."));
                outcomes.Add(await HandlePdu(pending, pdu, input.Kind, cancel));
            }
            pending.Answer(new InputOutcome { Events = outcomes });
        }
        catch (RefusedException refused)
        {
            pending.Fail(refused);
        }
        catch (Exception exception) when (exception is not FencedException)
        {
            context.Log.InputFailed(partition, pending.Call.RoomId.Value, exception);
            pending.Fail(exception);
        }
    }

    async Task<EventOutcome> HandlePdu(Pending pending, RawJson pdu, InputKind kind, CancellationToken cancel)
    {
        for (var attempt = 1; ; attempt++)
        {
            var rows = new StagedRows { Partition = partition, Epoch = _place.Epoch, OldPosition = _place.Position };
            var batch = new Batch(rows, nids, context.Names, _transactions, context.Clock.GetUtcNow().ToUnixTimeMilliseconds()) { Trace = pending.Trace };
            try
            {
                await context.Preparation.Prepare([pending], _rooms, batch, cancel);
                var head = _rooms.Find(pending.Call.RoomId) ?? throw new RefusedException(Refusals.NotThere());
                var outcome = await remote.Stage(head, pdu, kind, batch, cancel);
                batch.Finish();
                if (!rows.IsEmpty)
                    await Commit(rows, cancel);
                if (rows.Announcements.Count > 0)
                    context.Announce.Announce(rows.Announcements);
                _rooms.Trim(batch.Touched);
                return outcome;
            }
            catch (Exception exception) when (exception is not RefusedException)
            {
                Forget();
                if (_fenced || _unsettled is not null)
                    throw Fenced();
                if (attempt == MaxAttempts || !IsTransient(exception))
                    throw;
            }
        }
    }

    /// <summary>One attempt; the failure if nothing of it was committed, and whether it was because transactions were known
    /// that are now remembered.</summary>
    async Task<(Exception? Failure, bool Recalled)> Try(IReadOnlyList<Pending> calls, CancellationToken cancel)
    {
        var rows = new StagedRows { Partition = partition, Epoch = _place.Epoch, OldPosition = _place.Position };
        var batch = new Batch(rows, nids, context.Names, _transactions, context.Clock.GetUtcNow().ToUnixTimeMilliseconds());
        var outcomes = new (InputOutcome? Outcome, Refusal? Refusal)[calls.Count];
        try
        {
            await context.Preparation.Prepare(calls, _rooms, batch, cancel);
            for (var i = 0; i < calls.Count; i++)
                outcomes[i] = await Stage(calls[i], batch, cancel);
            batch.Finish();
            if (!rows.IsEmpty)
                await Commit(rows, cancel);
        }
        catch (PostgresException known) when (known is { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: "client_transaction_pkey" })
        {
            Forget();
            return (known, await context.Transactions.Recall(rows.Transactions.ConvertAll(row => row.Key), _transactions, cancel));
        }
        catch (Exception exception)
        {
            Forget();
            return (exception, false);
        }

        if (rows.Announcements.Count > 0)
            context.Announce.Announce(rows.Announcements);
        for (var i = 0; i < calls.Count; i++)
        {
            if (outcomes[i].Outcome is { } outcome)
                calls[i].Answer(outcome);
            else
                calls[i].Fail(new RefusedException(outcomes[i].Refusal!));
        }
        _rooms.Trim(batch.Touched);
        return (null, false);
    }

    async ValueTask<(InputOutcome?, Refusal?)> Stage(Pending pending, Batch batch, CancellationToken cancel)
    {
        batch.Trace = pending.Trace;
        var call = pending.Call;
        var head = _rooms.Find(call.RoomId);
        if (call is { Events: [{ Kind: InputKind.Draft, Draft: { } single }], CreatesRoomOfVersion: null })
        {
            if (head is null)
                return await Refuse(single, Refusals.UnknownRoom(single), cancel);
            return drafting.Stage(head, single, batch, out var outcome) is { } refusal
                ? await Refuse(single, refusal, cancel)
                : (new InputOutcome { Events = [outcome!] }, null);
        }
        return await StageMany(call, head, batch, cancel);
    }

    /// <summary>A repeat of something that was once allowed is answered as it was then, even if it would be refused now.</summary>
    async ValueTask<(InputOutcome?, Refusal?)> Refuse(Draft draft, Refusal refusal, CancellationToken cancel)
    {
        if (draft.Transaction is not { } transaction)
            return (null, refusal);
        var key = TransactionMemory.KeyOf(draft.Sender, transaction);
        await context.Transactions.Recall([key], _transactions, cancel);
        return _transactions.TryGet(key, out var id)
            ? (new InputOutcome { Events = [new EventOutcome { EventId = id, Verdict = EventVerdict.Accepted, Repeat = true }] }, null)
            : (null, refusal);
    }

    /// <summary>Drafts of one input are all staged or none; PDUs are judged one by one.</summary>
    async Task<(InputOutcome?, Refusal?)> StageMany(InputRoomEvents call, RoomHead? head, Batch batch, CancellationToken cancel)
    {
        var most = call.CreatesRoomOfVersion is null ? MaxEvents : MaxFirstEvents;
        if (call.Events.Count == 0 || call.Events.Count > most)
            return (null, Refusals.BadInput($"An input holds 1 to {most} events."));
        var mark = batch.Here();
        var existed = head is not null;
        var outcomes = new List<EventOutcome>(call.Events.Count);
        if (call.CreatesRoomOfVersion is { } version)
        {
            if (existed)
                return await remote.RepeatOfCreation(call, head!, cancel);
            var (created, refused) = await remote.Create(call, version, batch, cancel);
            if (created is null)
                return (null, refused);
            head = created;
            _rooms.Add(head);
            outcomes.Add(new EventOutcome { EventId = head.Extremities[0].Id, Verdict = EventVerdict.Accepted });
        }

        var saved = head?.Save();
        foreach (var input in call.Events.Skip(outcomes.Count))
        {
            var (outcome, refusal) = await StageOne(input, head, batch, cancel);
            if (outcome is not null)
            {
                outcomes.Add(outcome);
                continue;
            }
            batch.BackTo(mark);
            if (head is not null)
            {
                head.Restore(saved!);
                if (!existed)
                {
                    _rooms.Remove(head.RoomId);
                    batch.Touched.Remove(head);
                }
            }
            return (null, refusal);
        }
        head?.Keep();
        return (new InputOutcome { Events = outcomes }, null);
    }

    async ValueTask<(EventOutcome?, Refusal?)> StageOne(InputEvent input, RoomHead? head, Batch batch, CancellationToken cancel)
    {
        switch (input)
        {
            case { Kind: InputKind.Draft, Draft: { } draft }:
                if (head is null)
                    return (null, Refusals.UnknownRoom(draft));
                return drafting.Stage(head, draft, batch, out var outcome) is { } refusal ? (null, refusal) : (outcome, null);
            case { Kind: InputKind.Forget, Forgets: { } user }:
                return head is null ? (null, Refusals.NotThere()) : await Forget(head, user, batch, cancel);
            default:
                return (null, Refusals.BadInput($"An input of kind {input.Kind} does not belong here, or lacks what it is about."));
        }
    }

    async ValueTask<(EventOutcome?, Refusal?)> Forget(RoomHead head, UserId user, Batch batch, CancellationToken cancel)
    {
        await context.Preparation.EnsureSlots(head, [StateSlot.Member(user)], cancel);
        return Forgetting.Stage(head, user, batch, out var outcome) is { } refusal ? (null, refusal) : (outcome, null);
    }

    /// <summary>Returns if the rows were committed, throws if they were not; nothing is left open between the two.</summary>
    async Task Commit(StagedRows rows, CancellationToken cancel)
    {
        try
        {
            await context.Lanes.Commit(rows);
            _place = new PartitionPlace(rows.Epoch, rows.NewPosition, rows.CommitMark);
        }
        catch (Exception)
        {
            // The answer may have been lost rather than the commit, or the commit be still under way.
            if (!await Settle(rows.CommitMark, cancel))
                throw;
            context.Log.CommitFound(partition);
        }
    }

    /// <summary>Finds out what became of an attempt, however long that takes; true if it was committed. What comes after rests on
    /// it: until it is known nothing else is staged.</summary>
    async Task<bool> Settle(Guid attempt, CancellationToken cancel)
    {
        _unsettled = attempt;
        var pause = Pause;
        while (true)
        {
            try
            {
                var found = await context.Partitions.Settle(partition, _place, attempt, cancel);
                _unsettled = null;
                if (found is not { } now)
                {
                    _fenced = true;
                    context.Log.Fenced(partition);
                    throw Fenced();
                }
                _place = now;
                return now.Mark == attempt;
            }
            catch (Exception exception) when (exception is not FencedException)
            {
                context.Log.NotSettled(partition, exception);
                if (stopping.IsCancellationRequested)
                    throw Fenced();
                context.Partitions.DropConnections();
            }
            await Task.Delay(pause, cancel);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    FencedException Fenced() => new($"Partition {partition} is not, or not for certain, owned by this host.");

    void Forget()
    {
        _rooms.Clear();
        _transactions.Clear();
    }

    /// <summary>Worth another attempt. Fenced off in an epoch of our own: by a mistake about the position, which is known again.</summary>
    static bool IsTransient(Exception exception) => exception is NpgsqlException { IsTransient: true } or TimeoutException or System.IO.IOException
        or PostgresException { SqlState: PartitionRows.Fenced or PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown };
}
