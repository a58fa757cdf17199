using System.Text.Json;

namespace Matrix.Bus.Protocol;

/// <summary>What came of checking an event's signatures.</summary>
public enum SignatureVerdict
{
    /// <summary>Every server that must sign did, and all signatures under known keys hold.</summary>
    Valid = 0,

    /// <summary>A server that must sign has signed with no Ed25519 key at all.</summary>
    Missing = 1,

    /// <summary>None of the keys that such a server signed with is known.</summary>
    UnknownKeys = 2,

    /// <summary>A signature under a known key is false.</summary>
    Invalid = 3,
}

/// <summary>The verdict, and the server and key it rests on.</summary>
public readonly record struct SignatureCheck(SignatureVerdict Verdict, ServerName? Server = null, string? KeyId = null)
{
    /// <summary>True if the event may be processed further.</summary>
    public bool IsValid => Verdict == SignatureVerdict.Valid;
}

/// <summary>Signatures of events: who must sign, and whether they did (server-server API, "Validating hashes and signatures on
/// received events").</summary>
public static class EventSignatures
{
    /// <summary>
    /// The servers whose signature the event needs: the sender's, unless it is an invite by third-party id; in versions 1
    /// and 2 that of the event id too; from version 8 on that of the user who authorised a restricted join.
    /// </summary>
    public static IReadOnlyList<ServerName> RequiredServers(Pdu pdu)
    {
        var servers = new List<ServerName>(2);
        var membership = pdu.Type == EventTypes.Member ? TextOf(pdu.Content, "membership") : null;
        if (!(membership == "invite" && pdu.Content.TryGetProperty("third_party_invite", out _)))
            servers.Add(pdu.Sender.Server);
        if (pdu.Version.EventIdFormat == EventIdFormat.Given && pdu.EventId.Server is { } named && !servers.Contains(named))
            servers.Add(named);
        if (pdu.Version.AllowsRestrictedJoins && membership == "join"
            && UserId.TryParse(TextOf(pdu.Content, "join_authorised_via_users_server"), out var authoriser) && !servers.Contains(authoriser.Server))
            servers.Add(authoriser.Server);
        return servers;
    }

    /// <summary>The ids of the Ed25519 keys with which a server claims to have signed.</summary>
    public static IReadOnlyList<string> KeyIds(Pdu pdu, ServerName server) =>
        [.. SignedJson.Claims(pdu.Json.Span, server.Value).Select(claim => claim.KeyId)];

    /// <summary>
    /// Checks the event against every server that must sign. Keys that <paramref name="known"/> has no answer for are
    /// skipped, but one must remain for each server, and every signature under a known key must hold.
    /// </summary>
    /// <param name="pdu">The event, redacted or not: signatures cover the redacted form.</param>
    /// <param name="known">The key of that server and id if it was valid when the event was sent; else null.</param>
    public static SignatureCheck Check(Pdu pdu, Func<ServerName, string, VerifyKey?> known)
    {
        using var scratch = CanonicalScratch.Rent();
        Redaction.Write(pdu.Json.Span, pdu.Type, pdu.Version.Redaction, scratch.Side, withSignatures: false);
        foreach (var server in RequiredServers(pdu))
        {
            var check = Check(pdu, server, known, scratch.Side.Span);
            if (!check.IsValid)
                return check;
        }
        return new SignatureCheck(SignatureVerdict.Valid);
    }

    /// <summary>True if the server signed the event with that key.</summary>
    public static bool Verify(Pdu pdu, ServerName server, VerifyKey key)
    {
        using var scratch = CanonicalScratch.Rent();
        Redaction.Write(pdu.Json.Span, pdu.Type, pdu.Version.Redaction, scratch.Side, withSignatures: false);
        foreach (var claim in SignedJson.Claims(pdu.Json.Span, server.Value))
        {
            if (claim.KeyId == key.KeyId)
                return claim.Signature is { } signature && key.Verify(scratch.Side.Span, signature);
        }
        return false;
    }

    /// <summary>True if the server signed the event in JSON with that key; false for anything that is no event.</summary>
    public static bool Verify(ReadOnlySpan<byte> eventJson, RoomVersion version, ServerName server, VerifyKey key)
    {
        try
        {
            return SignedJson.Verify(Redaction.Redact(eventJson, version).Utf8.Span, server.Value, key, CanonicalJson.ModeOf(version));
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>The event with one signature more: an invite that we accept, a restricted join that we authorise.</summary>
    /// <remarks>Sign nothing that another server proposed before its fields were checked.</remarks>
    public static Pdu Sign(Pdu pdu, SigningKey key, ServerName server)
    {
        using var scratch = CanonicalScratch.Rent();
        Redaction.Write(pdu.Json.Span, pdu.Type, pdu.Version.Redaction, scratch.Side, withSignatures: false);
        var json = SignedJson.WithSignature(pdu.Json.Span, server.Value, key.KeyId, key.Sign(scratch.Side.Span));
        return PduReader.ReadStored(json, pdu.Version, pdu.EventId, pdu.IsRedacted);
    }

    static SignatureCheck Check(Pdu pdu, ServerName server, Func<ServerName, string, VerifyKey?> known, ReadOnlySpan<byte> signedBytes)
    {
        var verdict = SignatureVerdict.Missing;
        foreach (var (keyId, signature) in SignedJson.Claims(pdu.Json.Span, server.Value))
        {
            if (known(server, keyId) is not { } key)
            {
                if (verdict == SignatureVerdict.Missing)
                    verdict = SignatureVerdict.UnknownKeys;
                continue;
            }
            if (signature is null || !key.Verify(signedBytes, signature))
                return new SignatureCheck(SignatureVerdict.Invalid, server, keyId);
            verdict = SignatureVerdict.Valid;
        }
        return verdict == SignatureVerdict.Valid ? new SignatureCheck(verdict) : new SignatureCheck(verdict, server);
    }

    static string? TextOf(JsonElement content, string key) =>
        content.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
