namespace Matrix.Bus.Protocol;

/// <summary>Whether a redaction that was accepted into the room is applied (spec, rooms/, "Handling redactions").</summary>
public static class RedactionRules
{
    /// <summary>
    /// True if the redaction removes its target's content: it names the target, both are of one room, and the sender has the
    /// redact level or is of the same server as the target's sender (in versions 1 and 2: the ids are of one server).
    /// </summary>
    /// <param name="redaction">The m.room.redaction event.</param>
    /// <param name="target">The event to be redacted.</param>
    /// <param name="powerLevels">The levels in the state before the redaction.</param>
    public static bool MayApply(Pdu redaction, Pdu target, PowerLevels powerLevels)
    {
        if (redaction.Type != EventTypes.Redaction || redaction.Redacts != target.EventId || redaction.RoomId != target.RoomId)
            return false;
        var level = powerLevels.UserLevel(redaction.Sender);
        if (!redaction.Version.ChecksRedactionOnReceipt)
            return MayRedact(redaction, level, powerLevels);
        return level >= powerLevels.Redact
            || ContentReader.DomainOf(redaction.Sender.Value).SequenceEqual(ContentReader.DomainOf(target.Sender.Value));
    }

    /// <summary>Rule 11 of versions 1 and 2.</summary>
    internal static bool MayRedact(Pdu redaction, long level, PowerLevels powerLevels)
    {
        if (level >= powerLevels.Redact)
            return true;
        if (redaction.Redacts is not { } target)
            return false;
        var domain = ContentReader.DomainOf(redaction.EventId.Value);
        return !domain.IsEmpty && domain.SequenceEqual(ContentReader.DomainOf(target.Value));
    }
}
