namespace Matrix.Bus.Clients.History;

/// <summary>
/// Judges a history by what the clients were told alone. A room's longest complete reading is the yardstick; every other reading
/// is laid against it.
/// </summary>
public static class Verifier
{
    /// <summary>Everything that is wrong with a history; empty if nothing is.</summary>
    /// <exception cref="ArgumentException">A room with acknowledged events was read by nobody: such a history proves nothing.</exception>
    public static IReadOnlyList<Finding> Check(ClientHistory history)
    {
        var findings = new List<Finding>();
        var readings = history.Readings.ToLookup(reading => reading.Room, StringComparer.Ordinal);
        var acknowledged = history.Acknowledged.ToLookup(send => send.Room, StringComparer.Ordinal);

        foreach (var room in acknowledged.Select(group => group.Key).Union(readings.Select(group => group.Key), StringComparer.Ordinal))
        {
            if (!readings[room].Any(reading => reading.Complete))
                throw new ArgumentException($"Nobody read the whole of {room}.", nameof(history));
            CheckRoom(room, [.. acknowledged[room]], [.. readings[room]], findings);
        }
        findings.AddRange(
            from trace in history.Tokens
            let backwards = trace.FirstBackwards()
            where backwards is not null
            select new Finding(Invariant.TokensMonotone, "", trace.Reader, $"{backwards.Value.After} came after {backwards.Value.Before}"));
        return findings;
    }

    static void CheckRoom(string room, Acknowledged[] acknowledged, Reading[] readings, List<Finding> findings)
    {
        CheckTransactions(room, acknowledged, readings, findings);

        var yardstick = readings.Where(reading => reading.Complete).MaxBy(reading => reading.Events.Count)!;
        var places = new Dictionary<string, int>(yardstick.Events.Count, StringComparer.Ordinal);
        for (var i = 0; i < yardstick.Events.Count; i++)
            places.TryAdd(yardstick.Events[i].EventId, i);

        foreach (var reading in readings)
        {
            var seen = CheckRepeats(reading, findings);
            CheckLost(reading, seen, acknowledged, places, findings);
            CheckOrder(reading, yardstick, places, findings);
        }
    }

    static void CheckTransactions(string room, Acknowledged[] acknowledged, Reading[] readings, List<Finding> findings)
    {
        var events = new Dictionary<string, string>(acknowledged.Length, StringComparer.Ordinal);
        foreach (var send in acknowledged)
            Compare(send.Key, send.EventId, "the sender");
        foreach (var reading in readings)
        {
            foreach (var (eventId, key) in reading.Events)
            {
                if (key is not null)
                    Compare(key, eventId, reading.Reader);
            }
        }

        void Compare(string key, string eventId, string reader)
        {
            if (!events.TryAdd(key, eventId) && !string.Equals(events[key], eventId, StringComparison.Ordinal))
                findings.Add(new Finding(Invariant.OneEventPerTransaction, room, reader, $"transaction {key} is both {events[key]} and {eventId}"));
        }
    }

    static HashSet<string> CheckRepeats(Reading reading, List<Finding> findings)
    {
        var seen = new HashSet<string>(reading.Events.Count, StringComparer.Ordinal);
        for (var i = 0; i < reading.Events.Count; i++)
        {
            var id = reading.Events[i].EventId;
            if (!seen.Add(id))
            {
                var first = reading.Events.FindIndex(other => string.Equals(other.EventId, id, StringComparison.Ordinal));
                findings.Add(new Finding(Invariant.NothingTwice, reading.Room, reading.Reader, $"{id} came at {first} and again at {i}"));
            }
        }
        return seen;
    }

    static void CheckLost(Reading reading, HashSet<string> seen, Acknowledged[] acknowledged, Dictionary<string, int> places, List<Finding> findings)
    {
        // A reading that starts somewhere answers only for what lies behind its start.
        var start = reading.Complete ? 0
            : reading.Follows is { Length: > 0 } follows && places.TryGetValue(follows, out var before) ? before + 1
            : reading.Follows is { Length: 0 } ? 0
            : reading.Events.Count > 0 && places.TryGetValue(reading.Events[0].EventId, out var first) ? first
            : int.MaxValue;
        foreach (var send in acknowledged)
        {
            var owed = reading.Complete || (places.TryGetValue(send.EventId, out var place) && place >= start);
            if (owed && !seen.Contains(send.EventId))
                findings.Add(new Finding(Invariant.NothingLost, reading.Room, reading.Reader, $"{send.EventId} of transaction {send.Key} was acknowledged and is not there"));
        }
    }

    static void CheckOrder(Reading reading, Reading yardstick, Dictionary<string, int> places, List<Finding> findings)
    {
        if (ReferenceEquals(reading, yardstick))
            return;
        var last = -1;
        if (reading.Follows is { Length: > 0 } follows && places.TryGetValue(follows, out var start))
            last = start;
        var anchored = reading.Complete || reading.Follows is not null;

        foreach (var (eventId, _) in reading.Events)
        {
            if (!places.TryGetValue(eventId, out var place))
            {
                findings.Add(new Finding(Invariant.OneOrder, reading.Room, reading.Reader, $"{eventId} is unknown to {yardstick.Reader}"));
                continue;
            }
            if (place < last)
                findings.Add(new Finding(Invariant.OneOrder, reading.Room, reading.Reader,
                    $"{eventId} came after {yardstick.Events[last].EventId}, for {yardstick.Reader} before it"));
            else if (place > last + 1 && anchored)
                findings.Add(new Finding(Invariant.NothingSkipped, reading.Room, reading.Reader,
                    $"{place - last - 1} skipped before {eventId}, from {yardstick.Events[last + 1].EventId} at {last + 1} of {yardstick.Reader}"));
            last = Math.Max(last, place);
            anchored = true;
        }
        if (reading.Complete && last < yardstick.Events.Count - 1)
            findings.Add(new Finding(Invariant.NothingSkipped, reading.Room, reading.Reader, $"ends at {last}, {yardstick.Reader} at {yardstick.Events.Count - 1}"));
    }
}
