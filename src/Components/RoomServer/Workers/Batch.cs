using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.RoomServer;

/// <summary>What the handling of one batch carries along: the rows it stages and the rooms it has changed.</summary>
sealed class Batch(StagedRows rows, NidBlock nids, Names names, TransactionMemory transactions, long now)
{
    readonly List<Guid> _newTransactions = [];

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
    public (StagedRows.Mark Rows, int Transactions) Here() => (Rows.Here(), _newTransactions.Count);

    /// <summary>Forgets what was staged since.</summary>
    public void BackTo((StagedRows.Mark Rows, int Transactions) mark)
    {
        Rows.BackTo(mark.Rows);
        for (var i = mark.Transactions; i < _newTransactions.Count; i++)
            Transactions.Remove(_newTransactions[i]);
        _newTransactions.RemoveRange(mark.Transactions, _newTransactions.Count - mark.Transactions);
    }

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
