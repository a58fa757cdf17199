namespace Matrix.Bus.Protocol;

/// <summary>The mainline ordering: events whose power levels are based on earlier ones of the mainline come first.</summary>
sealed class MainlineOrdering
{
    readonly ParsedEvents events;
    readonly Dictionary<EventId, int> positions = [];

    /// <summary>Of this power levels event; without one every event stands behind the mainline, by time and id.</summary>
    public MainlineOrdering(ParsedEvents events, Pdu? powerLevels)
    {
        this.events = events;
        for (var next = powerLevels; next is not null && positions.TryAdd(next.EventId, positions.Count);)
            next = Before(next);
    }

    public List<Pdu> Sort(IEnumerable<Pdu> set)
    {
        var ranked = new List<(int Position, Pdu Pdu)>();
        foreach (var pdu in set)
            ranked.Add((PositionOf(pdu), pdu));
        ranked.Sort(static (x, y) =>
        {
            var order = y.Position.CompareTo(x.Position);
            if (order == 0)
                order = x.Pdu.OriginServerTs.CompareTo(y.Pdu.OriginServerTs);
            return order != 0 ? order : x.Pdu.EventId.CompareTo(y.Pdu.EventId);
        });
        return ranked.ConvertAll(entry => entry.Pdu);
    }

    /// <summary>Walks from one power levels event to the one before until one has a position, then gives it to all of them:
    /// no part of the way is walked twice.</summary>
    int PositionOf(Pdu pdu)
    {
        var walked = new List<EventId>();
        var position = int.MaxValue;
        for (var next = Before(pdu); next is not null; next = Before(next))
        {
            if (positions.TryGetValue(next.EventId, out position))
                break;
            position = int.MaxValue;
            // Known as endless until the walk says better, so that a cycle ends it.
            positions.Add(next.EventId, int.MaxValue);
            walked.Add(next.EventId);
        }
        foreach (var id in walked)
            positions[id] = position;
        return position;
    }

    Pdu? Before(Pdu pdu) => events.AuthEvent(pdu, StateSlot.PowerLevels);
}
