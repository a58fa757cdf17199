namespace Matrix.Bus.Protocol;

/// <summary>The redaction algorithms: what is left of an event when its content must go (rooms/, "Redactions").</summary>
public static class Redaction
{
    /// <summary>The event without all that its version's algorithm does not protect; the same event if it was redacted before.</summary>
    /// <remarks>Id, hashes and signatures stay valid. Whether a redaction may be applied is another question.</remarks>
    public static Pdu Redact(Pdu pdu)
    {
        if (pdu.IsRedacted)
            return pdu;
        using var scratch = CanonicalScratch.Rent();
        Write(pdu.Json.Span, pdu.Type, pdu.Version.Redaction, scratch.Output, withSignatures: true);
        return PduReader.ReadStored(scratch.Output.ToArray(), pdu.Version, pdu.EventId, isRedacted: true);
    }

    /// <summary>The redacted form of an event in JSON, as canonical JSON, signatures kept and <c>unsigned</c> dropped.</summary>
    /// <exception cref="System.Text.Json.JsonException">Not an object with a string <c>type</c>, or without canonical form.</exception>
    public static RawJson Redact(ReadOnlySpan<byte> eventJson, RoomVersion version)
    {
        using var scratch = CanonicalScratch.Rent();
        var type = Canonicalise(eventJson, version, scratch);
        var output = new ByteBuffer();
        Write(scratch.Output.Span, type, version.Redaction, output, withSignatures: true);
        return new RawJson(output.ToArray());
    }

    internal static string Canonicalise(ReadOnlySpan<byte> eventJson, RoomVersion version, CanonicalScratch scratch)
    {
        var fault = CanonicalParser.Parse(eventJson, scratch.Output, scratch, CanonicalJson.ModeOf(version));
        if (fault != JsonFault.None)
            throw new System.Text.Json.JsonException($"No canonical form: {fault}.");
        return CanonicalText.TryRead(CanonicalMembers.Find(scratch.Output.Span, "type"u8), out var type)
            ? type
            : throw new System.Text.Json.JsonException("Not an event: it has no type.");
    }

    /// <summary>Appends the redacted form of canonical bytes.</summary>
    internal static void Write(ReadOnlySpan<byte> canonicalEvent, string type, RedactionAlgorithm algorithm, ByteBuffer output, bool withSignatures)
    {
        var kept = RedactionKeys.Top(algorithm);
        var members = new CanonicalMembers(canonicalEvent);
        output.Add((byte)'{');
        var first = true;
        while (members.NextMember())
        {
            if (!kept.Contains(members.Key) || (!withSignatures && members.Key.SequenceEqual("signatures"u8)))
                continue;
            if (!first)
                output.Add((byte)',');
            first = false;
            if (members.Key.SequenceEqual("content"u8) && CanonicalMembers.IsObject(members.Value))
            {
                output.Add("\"content\":"u8);
                WriteContent(members.Value, type, algorithm, output);
            }
            else
            {
                output.Add(members.Whole);
            }
        }
        output.Add((byte)'}');
    }

    /// <summary>Appends what is left of a content object.</summary>
    internal static void WriteContent(ReadOnlySpan<byte> content, string type, RedactionAlgorithm algorithm, ByteBuffer output)
    {
        var kept = RedactionKeys.Content(algorithm, type);
        if (kept is null)
        {
            output.Add(content);
            return;
        }
        var keepsSigned = RedactionKeys.KeepsSignedInvite(algorithm, type);
        var members = new CanonicalMembers(content);
        output.Add((byte)'{');
        var first = true;
        while (members.NextMember())
        {
            var signed = keepsSigned && members.Key.SequenceEqual("third_party_invite"u8)
                ? CanonicalMembers.Find(members.Value, "signed"u8)
                : default;
            if (signed.IsEmpty && !kept.Contains(members.Key))
                continue;
            if (!first)
                output.Add((byte)',');
            first = false;
            if (signed.IsEmpty)
            {
                output.Add(members.Whole);
                continue;
            }
            output.Add("\"third_party_invite\":{\"signed\":"u8);
            output.Add(signed);
            output.Add((byte)'}');
        }
        output.Add((byte)'}');
    }
}
