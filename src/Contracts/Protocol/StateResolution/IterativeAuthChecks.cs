namespace Matrix.Bus.Protocol;

/// <summary>The iterative auth checks algorithm: applies events one after the other to a state, those that it allows.</summary>
sealed class IterativeAuthChecks(ParsedEvents events, Dictionary<StateSlot, EventId> state) : IAuthContext
{
    Pdu? current;

    /// <summary>The state so far.</summary>
    public Dictionary<StateSlot, EventId> State => state;

    public RoomCreation? Creation =>
        (events.Version.RoomIdIsCreateHash ? events.CreateOf(current!.RoomId) : Find(StateSlot.Create)) is { } create ? events.Creation(create) : null;

    public PowerLevels PowerLevels => events.Levels(Find(StateSlot.PowerLevels), Creation);

    public string JoinRule => AuthContext.JoinRuleOf(Find(StateSlot.JoinRules));

    public Membership MembershipOf(string user) => Memberships.Of(Find(new StateSlot(EventTypes.Member, user)));

    public Pdu? ThirdPartyInvite(string token) => Find(new StateSlot(EventTypes.ThirdPartyInvite, token));

    public void Apply(IEnumerable<Pdu> sorted)
    {
        foreach (var pdu in sorted)
        {
            current = pdu;
            if (AuthRules.Check(pdu, this).Allowed && StateSlot.Of(pdu) is { } slot)
                state[slot] = pdu.EventId;
        }
    }

    /// <summary>From the state, and where it has none from the event's own auth events.</summary>
    Pdu? Find(StateSlot slot) => state.TryGetValue(slot, out var id) ? events.Find(id) : events.AuthEvent(current!, slot);
}
