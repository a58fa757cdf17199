using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.RoomServer;

/// <summary>A local user forgets a room (client-server API, POST /rooms/{roomId}/forget).</summary>
static class Forgetting
{
    /// <summary>Stages it; a refusal while the user is in the room. The user's member event must be in memory.</summary>
    public static Refusal? Stage(RoomHead head, UserId user, Batch batch, out EventOutcome? outcome)
    {
        outcome = null;
        var member = head.Member(user.Value);
        if (member.Pdu is not { } pdu)
            return Refusals.NotThere();
        if (member.Membership is not (Membership.Leave or Membership.Ban))
            return new Refusal { Status = 400, Errcode = "M_UNKNOWN", Error = $"{user} has not left the room.", Rule = "forget" };
        batch.Rows.Forgotten.Add(new ForgottenRow(user.Value, head.Nid));
        batch.Output(
            head,
            new OutputRoomEvent
            {
                Kind = OutputKind.Forgotten,
                RoomId = head.RoomId,
                RoomVersion = head.Version.Id,
                Sequence = ++head.Sequence,
                UserId = user,
                StoredAt = batch.Now,
            },
            0);
        outcome = new EventOutcome { EventId = pdu.EventId, Verdict = EventVerdict.Accepted };
        return null;
    }
}
