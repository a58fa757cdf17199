using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.RoomServer;

/// <summary>Turns a membership action into the member event that says it; the head of the room judges it.</summary>
sealed class ChangeMembershipHandler(ICalls calls, MemberContent members) : ICallHandler<ChangeMembership, MembershipChanged>
{
    public async Task<MembershipChanged> Handle(ChangeMembership call, CancellationToken cancel)
    {
        var draft = new Draft
        {
            Sender = call.Sender,
            Type = EventTypes.Member,
            StateKey = call.Target.Value,
            Content = await Content(call, cancel),
            OnlyIfMembershipIs = Permitting(call),
            UnlessAlreadySo = true,
            AuthoriseRestrictedJoin = call.Action == MembershipAction.Join,
        };
        var outcome = await calls.Ask(
            new InputRoomEvents { RoomId = call.RoomId, Events = [new InputEvent { Kind = InputKind.Draft, Draft = draft }] }, cancel);
        return new MembershipChanged { RoomId = call.RoomId, EventId = outcome.Events[0].EventId };
    }

    Task<RawJson> Content(ChangeMembership call, CancellationToken cancel) => call.Action switch
    {
        MembershipAction.Join => members.Join(call.Target, call.Reason, call.Content, cancel),
        MembershipAction.Knock => members.Knock(call.Target, call.Reason, call.Content, cancel),
        MembershipAction.Invite => members.Invite(call.Target, call.IsDirect, call.Reason, call.Content, cancel),
        MembershipAction.Ban => Task.FromResult(MemberContent.Plain("ban", call.Reason, call.Content)),
        MembershipAction.Leave or MembershipAction.Kick or MembershipAction.Unban => Task.FromResult(MemberContent.Plain("leave", call.Reason, call.Content)),
        _ => throw new RefusedException(400, "M_INVALID_PARAM", "Unknown membership action."),
    };

    /// <summary>The same event, a leave, means three things; which of them depends on what it ends.</summary>
    static IReadOnlyList<string>? Permitting(ChangeMembership call) => call.Action switch
    {
        MembershipAction.Leave => ["join", "invite", "knock"],
        MembershipAction.Kick => ["join", "invite", "knock"],
        MembershipAction.Unban => ["ban"],
        MembershipAction.Invite => ["none", "leave", "knock", "invite"],
        _ => null,
    };
}
