namespace Matrix.Bus.Protocol;

/// <summary>What a state event is the state of: its type and state key.</summary>
/// <param name="Type">The event type.</param>
/// <param name="StateKey">The state key, often empty.</param>
public readonly record struct StateSlot(string Type, string StateKey)
{
    /// <summary>The room's create event.</summary>
    public static StateSlot Create { get; } = new(EventTypes.Create, "");

    /// <summary>The room's power levels.</summary>
    public static StateSlot PowerLevels { get; } = new(EventTypes.PowerLevels, "");

    /// <summary>The room's join rules.</summary>
    public static StateSlot JoinRules { get; } = new(EventTypes.JoinRules, "");

    /// <summary>The membership of a user.</summary>
    public static StateSlot Member(UserId user) => new(EventTypes.Member, user.Value);

    /// <summary>The slot that an event fills, or null for a message event.</summary>
    public static StateSlot? Of(Pdu pdu) => pdu.StateKey is { } key ? new StateSlot(pdu.Type, key) : null;
}

/// <summary>The state of a room at one point, one slot at a time.</summary>
public interface IStateLookup
{
    /// <summary>The event in that slot, or null.</summary>
    Pdu? Find(StateSlot slot);
}
