namespace Matrix.Bus.Protocol;

/// <summary>
/// The authorisation rules of room versions 1 to 12 (spec, rooms/, "Authorisation rules"). Pure: what they need to know of
/// the room comes from an <see cref="IAuthContext"/>.
/// </summary>
/// <remarks>
/// The rule on an event's own <c>auth_events</c> is <see cref="CheckAuthEvents"/>. That a restricted join is signed by the
/// authorising user's server is part of the signature check on receipt; here only the user id itself is checked.
/// </remarks>
public static class AuthRules
{
    internal const string AuthorisedViaKey = "join_authorised_via_users_server";

    /// <summary>Checks an event against the state of its room.</summary>
    /// <param name="pdu">The event, of the version that its <see cref="Pdu.Version"/> says.</param>
    /// <param name="state">The state before the event, or the state that its auth events make up.</param>
    public static AuthVerdict Check(Pdu pdu, IStateLookup state) =>
        Check(pdu, new AuthContext(pdu.Version, state));

    /// <inheritdoc cref="Check(Pdu, IStateLookup)"/>
    public static AuthVerdict Check(Pdu pdu, Func<StateSlot, Pdu?> state) =>
        Check(pdu, new AuthContext(pdu.Version, state));

    /// <inheritdoc cref="Check(Pdu, IStateLookup)"/>
    public static AuthVerdict Check(Pdu pdu, IAuthContext state) =>
        new(Refusal(pdu, state), pdu.Version);

    /// <summary>
    /// Checks the rule on an event's own <c>auth_events</c>: all known, no two for one slot, none that the selection does not
    /// name, none rejected, all of the event's room, the create event among them where the version wants it.
    /// </summary>
    /// <param name="pdu">The event.</param>
    /// <param name="find">The event of an id, or null if it is not known.</param>
    /// <param name="isRejected">Whether a known event was rejected.</param>
    public static AuthVerdict CheckAuthEvents(Pdu pdu, Func<EventId, Pdu?> find, Func<EventId, bool> isRejected) =>
        new(AuthEventsRule.Refusal(pdu, find, isRejected), pdu.Version);

    static AuthRule Refusal(Pdu pdu, IAuthContext state)
    {
        var version = pdu.Version;
        if (pdu.Type == EventTypes.Create)
            return CreateRule.Refusal(pdu);

        if (state.Creation is not { } creation)
            return version.RoomIdIsCreateHash ? AuthRule.RoomIdWithoutCreate : AuthRule.AuthEventsWithoutCreate;
        if (version.RoomIdIsCreateHash && !IsRoomOf(creation.Event, pdu.RoomId))
            return AuthRule.RoomIdWithoutCreate;

        var sender = pdu.Sender.Value;
        if (!creation.Federates && !ContentReader.DomainOf(sender).SequenceEqual(ContentReader.DomainOf(creation.Event.Sender.Value)))
            return AuthRule.NotFederated;

        if (version.HasAliasesRule && pdu.Type == EventTypes.Aliases)
        {
            return pdu.StateKey is null ? AuthRule.AliasesWithoutStateKey
                : ContentReader.DomainOf(sender).SequenceEqual(pdu.StateKey) ? AuthRule.None
                : AuthRule.AliasesOtherDomain;
        }

        if (pdu.Type == EventTypes.Member)
            return MemberRules.Refusal(pdu, creation, state);

        if (state.MembershipOf(sender) != Membership.Join)
            return AuthRule.SenderNotJoined;

        var levels = state.PowerLevels;
        var level = levels.UserLevel(sender);
        if (pdu.Type == EventTypes.ThirdPartyInvite)
            return level >= levels.Invite ? AuthRule.None : AuthRule.ThirdPartyInviteLevel;
        if (levels.EventLevel(pdu.Type, pdu.IsState) > level)
            return AuthRule.EventLevel;
        if (pdu.StateKey is ['@', ..] && pdu.StateKey != sender)
            return AuthRule.StateKeyOfAnother;
        if (pdu.Type == EventTypes.PowerLevels)
            return PowerLevelRules.Refusal(pdu, creation, levels, level);
        if (pdu.Type == EventTypes.Redaction && !version.ChecksRedactionOnReceipt)
            return RedactionRules.MayRedact(pdu, level, levels) ? AuthRule.None : AuthRule.RedactionRefused;
        return AuthRule.None;
    }

    /// <summary>The room id of version 12 is the create event's id with another sigil.</summary>
    internal static bool IsRoomOf(Pdu create, RoomId room) =>
        create.EventId.Value.AsSpan(1).SequenceEqual(room.Value.AsSpan(1));
}
