namespace Matrix.Bus.Protocol;

/// <summary>
/// The room state as the authorisation rules ask for it, already parsed. A room that is kept in memory implements this over
/// its parsed power levels and memberships; checking a message then costs two dictionary look-ups.
/// </summary>
public interface IAuthContext
{
    /// <summary>The room's create event; null if it is not known, which refuses everything but a create event.</summary>
    RoomCreation? Creation { get; }

    /// <summary>The room's power levels, the defaults where the state has none.</summary>
    PowerLevels PowerLevels { get; }

    /// <summary>The <c>join_rule</c>; "invite" where the state has none.</summary>
    string JoinRule { get; }

    /// <summary>The membership of a user, by user id.</summary>
    Membership MembershipOf(string user);

    /// <summary>The m.room.third_party_invite event with that token, or null.</summary>
    Pdu? ThirdPartyInvite(string token);
}

/// <summary>An <see cref="IAuthContext"/> over any state look-up: asks for each event at most once and parses it then.</summary>
/// <remarks>Not for use by several threads at once.</remarks>
public sealed class AuthContext(RoomVersion version, IStateLookup state) : IAuthContext
{
    RoomCreation? creation;
    PowerLevels? powerLevels;
    string? joinRule;

    /// <summary>Over a function instead of an object.</summary>
    public AuthContext(RoomVersion version, Func<StateSlot, Pdu?> state)
        : this(version, new FunctionLookup(state))
    {
    }

    /// <inheritdoc/>
    public RoomCreation? Creation => creation ??= state.Find(StateSlot.Create) is { } create ? RoomCreation.Of(create) : null;

    /// <inheritdoc/>
    public PowerLevels PowerLevels => powerLevels ??= PowerLevels.Parse(version, state.Find(StateSlot.PowerLevels), Creation);

    /// <inheritdoc/>
    public string JoinRule => joinRule ??= JoinRuleOf(state.Find(StateSlot.JoinRules));

    /// <inheritdoc/>
    public Membership MembershipOf(string user) => Memberships.Of(state.Find(new StateSlot(EventTypes.Member, user)));

    /// <inheritdoc/>
    public Pdu? ThirdPartyInvite(string token) => state.Find(new StateSlot(EventTypes.ThirdPartyInvite, token));

    /// <summary>The join rule that an m.room.join_rules event gives; "invite" for no event or no rule.</summary>
    public static string JoinRuleOf(Pdu? joinRules) => joinRules?.Content.Text("join_rule") ?? "invite";

    sealed class FunctionLookup(Func<StateSlot, Pdu?> find) : IStateLookup
    {
        public Pdu? Find(StateSlot slot) => find(slot);
    }
}
