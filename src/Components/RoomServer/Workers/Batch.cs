using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.RoomServer;

/// <summary>What the handling of one batch carries along: the rows it stages and the rooms it has changed.</summary>
sealed class Batch(StagedRows rows, NidBlock nids, Names names, TransactionMemory transactions, long now)
{
    readonly List<Guid> _newTransactions = [];
    readonly Dictionary<EventId, RedactionTarget> _targets = [];
    readonly List<(EventId Id, RedactionTarget? Before)> _replacedTargets = [];

    public StagedRows Rows { get; } = rows;

    public NidBlock Nids { get; } = nids;

    public Names Names { get; } = names;

    public TransactionMemory Transactions { get; } = transactions;

    /// <summary>Milliseconds since the epoch.</summary>
    public long Now { get; } = now;

    /// <summary>W3C traceparent of the input that is being handled.</summary>
    public string? Trace { get; set; }

    /// <summary>The rooms whose head rows must be written.</summary>
    public HashSet<RoomHead> Touched { get; } = [];

    /// <summary>The events that this batch may redact, as far as they were stored before it.</summary>
    public Dictionary<EventId, RedactionTarget> Targets => _targets;

    /// <summary>Drafts whose content was completed while they were prepared.</summary>
    public Dictionary<Draft, RawJson> Contents { get; } = new(ReferenceEqualityComparer.Instance);

    /// <summary>The event of that id, stored before or staged in this batch; null if there is none.</summary>
    public RedactionTarget? Target(EventId id)
    {
        if (_targets.TryGetValue(id, out var target))
            return target;
        for (var i = 0; i < Rows.Announcements.Count; i++)
        {
            var entry = Rows.Announcements[i].Entry;
            if (entry.Kind == OutputKind.NewEvent && entry.EventId == id)
                return new RedactionTarget(Rows.Outputs[i].Event, PduReader.ReadStored(entry.Event!.Value.Utf8, RoomVersion.Find(entry.RoomVersion)!, id));
        }
        return null;
    }

    /// <summary>Replaces a target by what has become of it.</summary>
    public void SetTarget(EventId id, RedactionTarget target)
    {
        _replacedTargets.Add((id, _targets.GetValueOrDefault(id)));
        _targets[id] = target;
    }

    /// <summary>Appends an entry to the log.</summary>
    public void Output(RoomHead head, OutputRoomEvent entry, long eventNid)
    {
        var position = Rows.NewPosition + 1;
        Touched.Add(head);
        Rows.Outputs.Add(new OutputRow(position, (short)entry.Kind, head.Nid, entry.Sequence, eventNid, entry.StoredAt, entry.Transaction, OutputExtra.Of(entry)));
        Rows.Announcements.Add(new Logged<OutputRoomEvent> { Partition = Rows.Partition, Position = position, Entry = entry, Trace = Trace });
    }

    /// <summary>Remembers what a transaction id became.</summary>
    public void Remember(Guid key, EventId id)
    {
        Transactions.Add(key, id);
        _newTransactions.Add(key);
        Rows.Transactions.Add(new TransactionRow(key, id.Value, Now));
    }

    /// <summary>Where things stand, to go back to.</summary>
    public Mark Here() => new(Rows.Here(), _newTransactions.Count, _replacedTargets.Count);

    /// <summary>Forgets what was staged since.</summary>
    public void BackTo(Mark mark)
    {
        Rows.BackTo(mark.Rows);
        for (var i = mark.Transactions; i < _newTransactions.Count; i++)
            Transactions.Remove(_newTransactions[i]);
        _newTransactions.RemoveRange(mark.Transactions, _newTransactions.Count - mark.Transactions);
        for (var i = _replacedTargets.Count - 1; i >= mark.Targets; i--)
        {
            if (_replacedTargets[i].Before is { } before)
                _targets[_replacedTargets[i].Id] = before;
            else
                _targets.Remove(_replacedTargets[i].Id);
        }
        _replacedTargets.RemoveRange(mark.Targets, _replacedTargets.Count - mark.Targets);
    }

    /// <summary>How much there is of everything.</summary>
    public readonly record struct Mark(StagedRows.Mark Rows, int Transactions, int Targets);

    /// <summary>Stages the heads of the rooms that were changed, once each.</summary>
    public void Finish()
    {
        foreach (var head in Touched)
        {
            var extremities = head.Extremities.Length == 1
                ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{{{head.Extremities[0].Nid}}}")
                : "{" + string.Join(',', head.Extremities.Select(each => each.Nid)) + "}";
            Rows.Heads.Add(new HeadRow(head.Nid, head.Sequence, head.Depth, extremities, head.Snapshot.Nid, head.Joined, head.Invited));
        }
    }
}
