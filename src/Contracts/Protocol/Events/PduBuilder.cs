using System.Security.Cryptography;

namespace Matrix.Bus.Protocol;

/// <summary>Builds, hashes and signs an event of our own.</summary>
/// <remarks>On the path of every send: composes canonical bytes directly, in buffers that the thread keeps.</remarks>
public static class PduBuilder
{
    /// <summary>Builds an event.</summary>
    /// <exception cref="InvalidPduException">The template breaks a limit of the event format.</exception>
    public static Pdu Build(EventTemplate template, SigningKey key, ServerName server) => TryBuild(template, key, server).OrThrow();

    /// <summary>Builds an event, or says which limit of the event format the template breaks (a client's mistake, mostly).</summary>
    public static PduReading TryBuild(EventTemplate template, SigningKey key, ServerName server)
    {
        if (Refuse(template) is { } refused)
            return refused;
        using var scratch = CanonicalScratch.Rent();
        var fault = CanonicalParser.Parse(template.Content.Utf8.Span, scratch.Output, scratch, CanonicalJson.ModeOf(template.Version));
        if (fault != JsonFault.None)
            return PduReading.Of(fault);
        if (!CanonicalMembers.IsObject(scratch.Output.Span))
            return PduReading.Of(PduFault.IllTypedField, "content");
        // The event around it opens one object more.
        if (scratch.Output.Length >= CanonicalJson.MaxDepth && CanonicalMembers.DepthOf(scratch.Output.Span) >= CanonicalJson.MaxDepth)
            return PduReading.Of(PduFault.TooDeep, "content");
        if (template.Redacts is { } redacts && template.Version.CreatorIsSender)
            SetRedacts(scratch.Output, redacts);

        var composer = new EventComposer(template, scratch.Output.Span, scratch.Side);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(composer.WithoutProofs(), hash);

        var redacted = composer.Redacted(hash);
        Span<byte> signature = stackalloc byte[Sodium.SignatureBytes];
        key.Sign(redacted, signature);
        var id = template.Version.EventIdFormat == EventIdFormat.Given
            ? composer.GivenId
            : EventHashes.IdFrom(SHA256.HashData(redacted), template.Version);

        var bytes = composer.Whole(hash, server.Value, key.KeyId, signature);
        return bytes.Length > PduReader.MaxEventBytes
            ? PduReading.Of(PduFault.TooLarge)
            : new PduReading(composer.ToPdu(bytes, id), PduFault.None);
    }

    static PduReading? Refuse(EventTemplate template)
    {
        var derivesRoomId = template.Version.RoomIdIsCreateHash && template.Type == EventTypes.Create && template.StateKey == "";
        if (derivesRoomId && template.RoomId is not null)
            return PduReading.Of(PduFault.RoomIdOnCreate, "room_id");
        if (!derivesRoomId && template.RoomId is null)
            return PduReading.Of(PduFault.MissingField, "room_id");
        if (template.PrevEvents.Count > PduReader.MaxPrevEvents)
            return PduReading.Of(PduFault.TooManyPrevEvents, "prev_events");
        if (template.AuthEvents.Count > PduReader.MaxAuthEvents)
            return PduReading.Of(PduFault.TooManyAuthEvents, "auth_events");
        if (!Grammar.FitsSize(template.Type))
            return PduReading.Of(PduFault.FieldTooLong, "type");
        if (template.StateKey is { } stateKey && !Grammar.FitsSize(stateKey))
            return PduReading.Of(PduFault.FieldTooLong, "state_key");
        if (!Grammar.IsWellFormed(template.Type) || (template.StateKey is { } text && !Grammar.IsWellFormed(text)))
            return PduReading.Of(PduFault.LoneSurrogate);
        // Legal elsewhere, but PostgreSQL's text cannot hold it, and no honest client sends it.
        if (template.Type.Contains('\0'))
            return PduReading.Of(PduFault.IllTypedField, "type");
        if (template.StateKey?.Contains('\0') is true)
            return PduReading.Of(PduFault.IllTypedField, "state_key");
        if (template.Depth is < 0 or > CanonicalJson.MaxInteger)
            return PduReading.Of(PduFault.IllTypedField, "depth");
        if (template.OriginServerTs is < -CanonicalJson.MaxInteger or > CanonicalJson.MaxInteger)
            return PduReading.Of(PduFault.IllTypedField, "origin_server_ts");
        return null;
    }

    /// <summary>Puts <c>redacts</c> into canonical content, in its place and instead of one that is there.</summary>
    static void SetRedacts(ByteBuffer content, EventId redacts)
    {
        var before = content.ToArray();
        content.Clear();
        content.Add((byte)'{');
        var members = new CanonicalMembers(before);
        var written = false;
        while (members.NextMember())
        {
            var order = CanonicalKeys.Compare(members.Key, "redacts"u8);
            if (order >= 0 && !written)
            {
                WriteRedacts(content, redacts);
                written = true;
            }
            if (order == 0)
                continue;
            if (content.Length > 1)
                content.Add((byte)',');
            content.Add(members.Whole);
        }
        if (!written)
            WriteRedacts(content, redacts);
        content.Add((byte)'}');
    }

    static void WriteRedacts(ByteBuffer content, EventId redacts)
    {
        if (content.Length > 1)
            content.Add((byte)',');
        content.Add("\"redacts\":"u8);
        CanonicalText.AddString(content, redacts.Value);
    }
}
