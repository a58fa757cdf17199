using System.Buffers;
using System.Text.Json;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.RoomServer;

/// <summary>What somebody outside is shown of a room they are invited to or knock on (client-server API, "Stripped state").</summary>
static class StrippedState
{
    /// <summary>The slots that are shown, apart from the member events concerned.</summary>
    public static IReadOnlyList<StateSlot> Slots { get; } =
    [
        StateSlot.Create,
        StateSlot.JoinRules,
        new(EventTypes.Name, ""),
        new(EventTypes.Topic, ""),
        new(EventTypes.Avatar, ""),
        new(EventTypes.CanonicalAlias, ""),
        new(EventTypes.Encryption, ""),
    ];

    /// <summary>A JSON array; the slots must be in memory.</summary>
    public static RawJson Of(RoomHead head, Pdu member)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, ClientEvent.Options))
        {
            writer.WriteStartArray();
            foreach (var slot in Slots)
            {
                if (head.Get(slot).Pdu is { } pdu)
                    ClientEvent.WriteStripped(writer, pdu);
            }
            if (member.Sender.Value != member.StateKey && head.Member(member.Sender.Value).Pdu is { } inviter)
                ClientEvent.WriteStripped(writer, inviter);
            ClientEvent.WriteStripped(writer, member);
            writer.WriteEndArray();
        }
        return new RawJson(buffer.WrittenSpan.ToArray());
    }
}
