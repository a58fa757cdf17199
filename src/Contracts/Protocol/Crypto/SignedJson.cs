using System.Text;

namespace Matrix.Bus.Protocol;

/// <summary>Signatures of JSON objects that are not events: key responses, device keys, requests (appendices, "Signing JSON").</summary>
public static class SignedJson
{
    /// <summary>The object in canonical form with one signature more; <c>unsigned</c> is kept.</summary>
    /// <exception cref="System.Text.Json.JsonException">The text is no object or has no canonical form.</exception>
    public static byte[] Sign(ReadOnlySpan<byte> json, string entity, SigningKey key, CanonicalJsonMode mode = CanonicalJsonMode.Strict)
    {
        var canonical = CanonicalJson.Encode(json, mode);
        if (!CanonicalMembers.IsObject(canonical))
            throw new System.Text.Json.JsonException("Only objects are signed.");
        return WithSignature(canonical, entity, key.KeyId, key.Sign(SignedBytes(canonical)));
    }

    /// <summary>True if the object carries a valid signature of that entity under that key. Never throws.</summary>
    public static bool Verify(ReadOnlySpan<byte> json, string entity, VerifyKey key, CanonicalJsonMode mode = CanonicalJsonMode.Strict)
    {
        using var scratch = CanonicalScratch.Rent();
        if (CanonicalParser.Parse(json, scratch.Output, scratch, mode) != JsonFault.None || !CanonicalMembers.IsObject(scratch.Output.Span))
            return false;
        foreach (var claim in Claims(scratch.Output.Span, entity))
        {
            if (claim.KeyId == key.KeyId)
                return claim.Signature is { } signature && key.Verify(SignedBytes(scratch.Output.Span), signature);
        }
        return false;
    }

    /// <summary>The ids of the Ed25519 keys with which an entity claims to have signed; none if the text is no signed object.</summary>
    public static IReadOnlyList<string> KeyIds(ReadOnlySpan<byte> json, string entity, CanonicalJsonMode mode = CanonicalJsonMode.Strict)
    {
        using var scratch = CanonicalScratch.Rent();
        return CanonicalParser.Parse(json, scratch.Output, scratch, mode) == JsonFault.None
            ? [.. Claims(scratch.Output.Span, entity).Select(claim => claim.KeyId)]
            : [];
    }

    /// <summary>The Ed25519 signatures of an entity; null where the base64 is none. Other algorithms are not mentioned.</summary>
    internal static List<(string KeyId, byte[]? Signature)> Claims(ReadOnlySpan<byte> canonical, string entity)
    {
        var claims = new List<(string, byte[]?)>(1);
        var signatures = CanonicalMembers.Find(canonical, "signatures"u8);
        if (!CanonicalMembers.IsObject(signatures))
            return claims;
        var signed = CanonicalMembers.Find(signatures, Encoding.UTF8.GetBytes(entity));
        if (!CanonicalMembers.IsObject(signed))
            return claims;
        var members = new CanonicalMembers(signed);
        while (members.NextMember())
        {
            if (members.Key.StartsWith("ed25519:"u8) && !members.Key.Contains((byte)'\\'))
            {
                var isBase64 = CanonicalText.TryRead(members.Value, out var text) & UnpaddedBase64.TryDecode(text ?? "*", out var signature);
                claims.Add((Encoding.UTF8.GetString(members.Key), isBase64 ? signature : null));
            }
        }
        return claims;
    }

    internal static byte[] WithSignature(ReadOnlySpan<byte> canonical, string entity, string keyId, ReadOnlySpan<byte> signature)
    {
        var added = new ByteBuffer();
        CanonicalText.AddString(added, keyId);
        added.Add(":\""u8);
        added.AddBase64(signature);
        added.Add((byte)'"');

        var ofEntity = new ByteBuffer();
        CanonicalText.AddString(ofEntity, entity);
        ofEntity.Add((byte)':');
        var signatures = CanonicalMembers.Find(canonical, "signatures"u8);
        var entityKey = Encoding.UTF8.GetBytes(entity);
        SetMember(CanonicalMembers.Find(signatures, entityKey), Encoding.UTF8.GetBytes(keyId), added.Span, ofEntity);

        var all = new ByteBuffer();
        all.Add("\"signatures\":"u8);
        SetMember(signatures, entityKey, ofEntity.Span, all);

        var output = new ByteBuffer();
        SetMember(canonical, "signatures"u8, all.Span, output);
        return output.ToArray();
    }

    /// <summary>Appends an object with one member set, in its place; an absent or ill-typed object counts as empty.</summary>
    static void SetMember(ReadOnlySpan<byte> target, ReadOnlySpan<byte> key, ReadOnlySpan<byte> member, ByteBuffer output)
    {
        var members = new CanonicalMembers(CanonicalMembers.IsObject(target) ? target : "{}"u8);
        output.Add((byte)'{');
        var start = output.Length;
        var written = false;
        while (members.NextMember())
        {
            var order = CanonicalKeys.Compare(members.Key, key);
            if (order >= 0 && !written)
            {
                AddMember(output, start, member);
                written = true;
            }
            if (order != 0)
                AddMember(output, start, members.Whole);
        }
        if (!written)
            AddMember(output, start, member);
        output.Add((byte)'}');
    }

    static void AddMember(ByteBuffer output, int start, ReadOnlySpan<byte> member)
    {
        if (output.Length > start)
            output.Add((byte)',');
        output.Add(member);
    }

    /// <summary>What signatures cover: the canonical object without <c>signatures</c> and <c>unsigned</c>.</summary>
    internal static byte[] SignedBytes(ReadOnlySpan<byte> canonical)
    {
        var output = new ByteBuffer();
        var members = new CanonicalMembers(canonical);
        output.Add((byte)'{');
        while (members.NextMember())
        {
            if (!members.Key.SequenceEqual("signatures"u8) && !members.Key.SequenceEqual("unsigned"u8))
                AddMember(output, 1, members.Whole);
        }
        output.Add((byte)'}');
        return output.ToArray();
    }
}
