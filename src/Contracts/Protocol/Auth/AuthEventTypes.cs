using System.Text.Json;

namespace Matrix.Bus.Protocol;

/// <summary>Auth events selection (server-server API, "Auth events selection").</summary>
public static class AuthEventTypes
{
    /// <summary>The slots of the room state whose events authorise this event; slots that the state does not fill are left out
    /// of the event's <c>auth_events</c>.</summary>
    public static IReadOnlyList<StateSlot> For(Pdu pdu) => For(pdu.Version, pdu.Type, pdu.StateKey, pdu.Sender, pdu.Content);

    /// <inheritdoc cref="For(Pdu)"/>
    /// <remarks>At most seven slots, without repeats; none for the create event itself. From room version 12 on the create event
    /// is never among them.</remarks>
    public static IReadOnlyList<StateSlot> For(RoomVersion version, string type, string? stateKey, UserId sender, JsonElement content)
    {
        if (type == EventTypes.Create)
            return [];

        var slots = new List<StateSlot>(6);
        if (!version.RoomIdIsCreateHash)
            slots.Add(StateSlot.Create);
        slots.Add(StateSlot.PowerLevels);
        slots.Add(StateSlot.Member(sender));
        if (type == EventTypes.Member && stateKey is not null)
            AddForMember(slots, version, stateKey, sender, content);
        return slots;
    }

    static void AddForMember(List<StateSlot> slots, RoomVersion version, string target, UserId sender, JsonElement content)
    {
        if (target != sender.Value)
            slots.Add(new StateSlot(EventTypes.Member, target));

        var membership = Memberships.Read(content);
        if (membership is Membership.Join or Membership.Invite or Membership.Knock)
            slots.Add(StateSlot.JoinRules);
        if (membership == Membership.Invite && ThirdPartyInvites.TokenOf(content) is { } token)
            slots.Add(new StateSlot(EventTypes.ThirdPartyInvite, token));
        if (membership == Membership.Join && version.AllowsRestrictedJoins
            && content.Text(AuthRules.AuthorisedViaKey) is { } authoriser && authoriser != sender.Value && authoriser != target)
            slots.Add(new StateSlot(EventTypes.Member, authoriser));
    }
}
