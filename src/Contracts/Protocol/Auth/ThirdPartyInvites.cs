using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Matrix.Bus.Protocol;

/// <summary>Invites of people who were known by an email address or the like when they were invited.</summary>
static class ThirdPartyInvites
{
    /// <summary>Every signature may be tried with every key: more of either than an honest invite has are not looked at.</summary>
    const int MaxKeys = 8;

    const int MaxSignatures = 8;

    public static string? TokenOf(JsonElement memberContent) =>
        memberContent.Object("third_party_invite")?.Object("signed")?.Text("token");

    public static AuthRule Refusal(Pdu pdu, string target, JsonElement invite, IAuthContext state)
    {
        if (state.MembershipOf(target) == Membership.Ban)
            return AuthRule.ThirdPartyBanned;
        if (invite.Object("signed") is not { } signed)
            return AuthRule.ThirdPartyUnsigned;
        if (signed.Text("mxid") is not { } mxid || signed.Text("token") is not { } token)
            return AuthRule.ThirdPartyIncomplete;
        if (mxid != target)
            return AuthRule.ThirdPartyOtherUser;
        if (state.ThirdPartyInvite(token) is not { } invitation)
            return AuthRule.ThirdPartyUnknownToken;
        if (invitation.Sender != pdu.Sender)
            return AuthRule.ThirdPartyOtherSender;
        return IsSigned(signed, invitation.Content, pdu.Version) ? AuthRule.None : AuthRule.ThirdPartySignature;
    }

    /// <summary>Any signature by any of the keys will do, whichever server it names.</summary>
    static bool IsSigned(JsonElement signed, JsonElement invitation, RoomVersion version)
    {
        var canonical = new ArrayBufferWriter<byte>();
        if (signed.Object("signatures") is not { } signatures
            || CanonicalJson.TryWrite(JsonMarshal.GetRawUtf8Value(signed), canonical, CanonicalJson.ModeOf(version)) != JsonFault.None)
        {
            return false;
        }
        var message = SignedJson.SignedBytes(canonical.WrittenSpan);
        var keys = KeysOf(invitation);
        return signatures.EnumerateObject().Take(MaxSignatures)
            .SelectMany(server => ContentReader.NameOf(server) is { } entity ? SignedJson.Claims(canonical.WrittenSpan, entity) : [])
            .Take(MaxSignatures)
            .Any(claim => claim.Signature is { } signature && keys.Exists(key => key.Verify(message, signature)));
    }

    static List<VerifyKey> KeysOf(JsonElement invitation)
    {
        var keys = new List<VerifyKey>(2);
        Add(invitation);
        if (invitation.Member("public_keys") is { ValueKind: JsonValueKind.Array } list)
        {
            foreach (var entry in list.EnumerateArray().Take(MaxKeys))
                Add(entry);
        }
        return keys;

        void Add(JsonElement from)
        {
            if (from.Text("public_key") is { } base64 && VerifyKey.TryParse("ed25519:any", base64) is { } key)
                keys.Add(key);
        }
    }
}
