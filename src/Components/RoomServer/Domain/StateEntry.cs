using Matrix.Bus.Protocol;

namespace Matrix.Bus.RoomServer;

/// <summary>What stands in a slot of a room's current state, as far as it is in memory; parsed once.</summary>
sealed class StateEntry(Pdu? pdu, long nid)
{
    /// <summary>A slot that is known to be empty.</summary>
    public static StateEntry Absent { get; } = new(null, 0);

    /// <summary>The event; null if the slot is empty.</summary>
    public Pdu? Pdu { get; } = pdu;

    /// <summary>The event's number; 0 if the slot is empty.</summary>
    public long Nid { get; } = nid;

    /// <summary>For a member event, what it says.</summary>
    public Membership Membership { get; } = pdu?.Type == EventTypes.Member ? Memberships.Of(pdu) : Membership.None;

    /// <summary>For a member event: the auth events of whatever its user sends that is no membership, as long as the room's
    /// create and power levels events stay what they are.</summary>
    public SenderAuth? SenderAuth { get; set; }
}

/// <summary>The auth events of a sender's ordinary events, ready to use.</summary>
sealed record SenderAuth(StateEntry Create, StateEntry PowerLevels, EventId[] Ids, byte[] Packed);
