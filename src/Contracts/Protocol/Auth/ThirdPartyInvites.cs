using System.Runtime.InteropServices;
using System.Text.Json;

namespace Matrix.Bus.Protocol;

/// <summary>Invites of people who were known by an email address or the like when they were invited.</summary>
static class ThirdPartyInvites
{
    /// <summary>Every signature may be tried with every key: more of either than an honest invite has are not looked at.</summary>
    const int MaxKeys = 16;

    const int MaxSignatures = 16;

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
        if (signed.Object("signatures") is not { } signatures)
            return false;
        var mode = CanonicalJson.ModeOf(version);
        var json = JsonMarshal.GetRawUtf8Value(signed);
        var keys = KeysOf(invitation);
        var tried = 0;
        foreach (var server in signatures.EnumerateObject().Take(MaxSignatures))
        {
            if (ContentReader.NameOf(server) is not { } entity)
                continue;
            foreach (var keyId in SignedJson.KeyIds(json, entity, mode))
            {
                if (++tried > MaxSignatures)
                    return false;
                foreach (var key in keys)
                {
                    if (VerifyKey.TryParse(keyId, key) is { } verifyKey && SignedJson.Verify(json, entity, verifyKey, mode))
                        return true;
                }
            }
        }
        return false;
    }

    static List<string> KeysOf(JsonElement invitation)
    {
        var keys = new List<string>(2);
        if (invitation.Text("public_key") is { } single)
            keys.Add(single);
        if (invitation.Member("public_keys") is { ValueKind: JsonValueKind.Array } list)
        {
            foreach (var entry in list.EnumerateArray().Take(MaxKeys))
            {
                if (entry.Text("public_key") is { } key)
                    keys.Add(key);
            }
        }
        return keys;
    }
}
