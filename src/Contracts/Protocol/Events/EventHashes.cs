using System.Security.Cryptography;

namespace Matrix.Bus.Protocol;

/// <summary>Content and reference hashes of events (server-server API, "Signing Events").</summary>
public static class EventHashes
{
    /// <summary>SHA-256 over the event without <c>unsigned</c>, <c>signatures</c> and <c>hashes</c>: 32 bytes.</summary>
    /// <exception cref="System.Text.Json.JsonException">The text is no event or has no canonical form.</exception>
    public static byte[] ContentHash(ReadOnlySpan<byte> eventJson, RoomVersion version)
    {
        using var scratch = CanonicalScratch.Rent();
        Redaction.Canonicalise(eventJson, version, scratch);
        return ContentHash(scratch.Output.Span, scratch.Side);
    }

    /// <summary>SHA-256 over the redacted event without <c>signatures</c>: 32 bytes. From version 3 on it is the event's id.</summary>
    /// <exception cref="System.Text.Json.JsonException">The text is no event or has no canonical form.</exception>
    public static byte[] ReferenceHash(ReadOnlySpan<byte> eventJson, RoomVersion version)
    {
        using var scratch = CanonicalScratch.Rent();
        var type = Redaction.Canonicalise(eventJson, version, scratch);
        return ReferenceHash(scratch.Output.Span, type, version, scratch.Side);
    }

    /// <summary>The reference hash of an event that was read before.</summary>
    public static byte[] ReferenceHash(Pdu pdu)
    {
        using var scratch = CanonicalScratch.Rent();
        return ReferenceHash(pdu.Json.Span, pdu.Type, pdu.Version, scratch.Side);
    }

    internal static byte[] ContentHash(ReadOnlySpan<byte> canonicalEvent, ByteBuffer side)
    {
        side.Clear();
        var members = new CanonicalMembers(canonicalEvent);
        side.Add((byte)'{');
        while (members.NextMember())
        {
            if (members.Key.SequenceEqual("unsigned"u8) || members.Key.SequenceEqual("signatures"u8) || members.Key.SequenceEqual("hashes"u8))
                continue;
            if (side.Length > 1)
                side.Add((byte)',');
            side.Add(members.Whole);
        }
        side.Add((byte)'}');
        return SHA256.HashData(side.Span);
    }

    internal static byte[] ReferenceHash(ReadOnlySpan<byte> canonicalEvent, string type, RoomVersion version, ByteBuffer side)
    {
        side.Clear();
        Redaction.Write(canonicalEvent, type, version.Redaction, side, withSignatures: false);
        return SHA256.HashData(side.Span);
    }

    internal static EventId IdFrom(ReadOnlySpan<byte> referenceHash, RoomVersion version) => EventId.Parse(
        version.EventIdFormat == EventIdFormat.HashBase64
            ? "$" + UnpaddedBase64.Encode(referenceHash)
            : "$" + UnpaddedBase64.EncodeUrlSafe(referenceHash));
}
