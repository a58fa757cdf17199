namespace Matrix.Bus.Protocol;

/// <summary>Rule 2 (3 from version 12 on): the event's own list of auth events.</summary>
static class AuthEventsRule
{
    public static AuthRule Refusal(Pdu pdu, Func<EventId, Pdu?> find, Func<EventId, bool> isRejected)
    {
        // Rule 1 comes before this one and has the last word on create events.
        if (pdu.Type == EventTypes.Create)
            return AuthRule.None;

        var selected = AuthEventTypes.For(pdu);
        var seen = new HashSet<StateSlot>();
        var entries = new List<Pdu>(pdu.AuthEvents.Count);
        foreach (var id in pdu.AuthEvents)
        {
            if (find(id) is not { } entry)
                return AuthRule.AuthEventsUnknown;
            if (StateSlot.Of(entry) is { } slot && !seen.Add(slot))
                return AuthRule.AuthEventsDuplicate;
            entries.Add(entry);
        }
        foreach (var entry in entries)
        {
            if (StateSlot.Of(entry) is not { } slot || !selected.Contains(slot))
                return AuthRule.AuthEventsUnexpected;
        }
        foreach (var entry in entries)
        {
            if (isRejected(entry.EventId))
                return AuthRule.AuthEventsRejected;
        }
        if (!pdu.Version.RoomIdIsCreateHash && !seen.Contains(StateSlot.Create))
            return AuthRule.AuthEventsWithoutCreate;
        foreach (var entry in entries)
        {
            if (entry.RoomId != pdu.RoomId)
                return AuthRule.AuthEventsOtherRoom;
        }
        return AuthRule.None;
    }
}
