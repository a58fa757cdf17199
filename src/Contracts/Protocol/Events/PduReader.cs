using System.Text.Json;

namespace Matrix.Bus.Protocol;

/// <summary>Reads events from the wire and checks what can be checked without other events or keys.</summary>
/// <remarks>Every way in goes through <c>Read</c>. Signatures are <see cref="EventSignatures"/>' business; they cover
/// the redacted form, so that it makes no difference that the hash check comes first here.</remarks>
public static class PduReader
{
    /// <summary>The greatest size of an event's canonical JSON with signatures, in bytes.</summary>
    public const int MaxEventBytes = 65_536;

    /// <summary>The greatest number of previous events.</summary>
    public const int MaxPrevEvents = 20;

    /// <summary>The greatest number of auth events.</summary>
    public const int MaxAuthEvents = 10;

    // White space and escapes make a text longer than its canonical form, and unsigned is not counted; past this nobody is honest.
    const int MaxTextBytes = 1024 * 1024;

    /// <summary>
    /// Reads one event in the federation format of its room's version. Its id is computed (version 3 on), sizes and types
    /// are checked; if the content hash does not match, the event comes back in its redacted form.
    /// </summary>
    /// <remarks>Never throws, whatever the bytes. <c>unsigned</c> is dropped and counts towards no size.</remarks>
    public static PduReading Read(ReadOnlyMemory<byte> json, RoomVersion version)
    {
        if (json.Length > MaxTextBytes)
            return PduReading.Of(PduFault.TooLarge);
        using var scratch = CanonicalScratch.Rent();
        var reading = Canonicalise(json.Span, version, scratch, out var bytes);
        if (bytes is null)
            return reading;
        if (bytes.Length > MaxEventBytes)
            return PduReading.Of(PduFault.TooLarge);
        var checks = new PduChecks(bytes, version) { Strict = true };
        if (!checks.Run())
            return PduReading.Of(checks.Fault, checks.Field);

        if (version.EventIdFormat != EventIdFormat.Given)
            checks.EventId = EventHashes.IdFrom(EventHashes.ReferenceHash(bytes, checks.Type, version, scratch.Side), version);
        if (HasMatchingHash(bytes, checks.Fields, scratch.Side))
            return new PduReading(checks.ToPdu(bytes, isRedacted: false), PduFault.None);

        scratch.Side.Clear();
        Redaction.Write(bytes, checks.Type, version.Redaction, scratch.Side, withSignatures: true);
        return new PduReading(ReadStored(scratch.Side.ToArray(), version, checks.EventId, isRedacted: true), PduFault.None);
    }

    /// <inheritdoc cref="Read(ReadOnlyMemory{byte}, RoomVersion)"/>
    public static PduReading Read(JsonElement json, RoomVersion version) =>
        Read(System.Runtime.InteropServices.JsonMarshal.GetRawUtf8Value(json).ToArray(), version);

    /// <summary>
    /// Reads an event that names its own id, in any version, and believes it: for forensic tools, whose input may be
    /// abbreviated. Hashes, signatures and depth may be missing, and nothing is redacted. Never for events from the wire.
    /// </summary>
    public static PduReading ReadNamed(ReadOnlyMemory<byte> json, RoomVersion version)
    {
        using var scratch = CanonicalScratch.Rent();
        var reading = Canonicalise(json.Span, version, scratch, out var bytes);
        if (bytes is null)
            return reading;
        var checks = new PduChecks(bytes, version) { IsNamed = true };
        return checks.Run()
            ? new PduReading(checks.ToPdu(bytes, isRedacted: false), PduFault.None)
            : PduReading.Of(checks.Fault, checks.Field);
    }

    /// <summary>Reads back what <see cref="Pdu.Json"/> held, with what was stored beside it. Nothing is hashed again.</summary>
    /// <param name="canonicalJson">Kept by the event: must not change any more.</param>
    /// <param name="version">The room's version.</param>
    /// <param name="eventId">The event's id.</param>
    /// <param name="isRedacted">What <see cref="Pdu.IsRedacted"/> was.</param>
    /// <exception cref="InvalidPduException">These are not the bytes of a valid event.</exception>
    public static Pdu ReadStored(ReadOnlyMemory<byte> canonicalJson, RoomVersion version, EventId eventId, bool isRedacted = false)
    {
        var checks = new PduChecks(canonicalJson.Span, version) { EventId = eventId };
        return checks.Run()
            ? checks.ToPdu(canonicalJson, isRedacted)
            : throw new InvalidPduException(checks.Fault, checks.Field);
    }

    static PduReading Canonicalise(ReadOnlySpan<byte> json, RoomVersion version, CanonicalScratch scratch, out byte[]? bytes)
    {
        bytes = null;
        var fault = CanonicalParser.Parse(json, scratch.Output, scratch, CanonicalJson.ModeOf(version));
        if (fault != JsonFault.None)
            return PduReading.Of(fault);
        if (!CanonicalMembers.IsObject(scratch.Output.Span))
            return PduReading.Of(PduFault.NotJson);
        bytes = WithoutUnsigned(scratch.Output.Span);
        return default;
    }

    static byte[] WithoutUnsigned(ReadOnlySpan<byte> canonicalEvent)
    {
        var unsigned = EventFields.Find(canonicalEvent).Unsigned;
        if (unsigned.IsAbsent)
            return canonicalEvent.ToArray();
        var start = unsigned.Start - "\"unsigned\":".Length;
        var end = unsigned.Start + unsigned.Length;
        // One comma goes with it: the one before, or the one behind if it came first.
        if (canonicalEvent[start - 1] == ',')
            start--;
        else if (canonicalEvent[end] == ',')
            end++;
        return [.. canonicalEvent[..start], .. canonicalEvent[end..]];
    }

    static bool HasMatchingHash(ReadOnlySpan<byte> canonicalEvent, in EventFields fields, ByteBuffer side)
    {
        if (!CanonicalText.TryRead(CanonicalMembers.Find(fields.Hashes.Of(canonicalEvent), "sha256"u8), out var claimed)
            || !UnpaddedBase64.TryDecode(claimed, out var hash))
            return false;
        return hash.AsSpan().SequenceEqual(EventHashes.ContentHash(canonicalEvent, side));
    }
}
