using System.Text.Json;

namespace Matrix.Bus.Protocol;

/// <summary>Verifies an Ed25519 signature.</summary>
/// <param name="publicKey">32 bytes.</param>
/// <param name="message">What was signed.</param>
/// <param name="signature">64 bytes.</param>
public delegate bool VerifySignature(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature);

/// <summary>Invites of people who were known by an email address or the like when they were invited.</summary>
static class ThirdPartyInvites
{
    /// <summary>More keys than this in one invite event are not tried: each costs a verification per signature.</summary>
    const int MaxKeys = 20;

    const int MaxSignatures = 20;

    public static string? TokenOf(JsonElement memberContent) =>
        memberContent.Object("third_party_invite")?.Object("signed")?.Text("token");

    public static AuthRule Refusal(Pdu pdu, string target, JsonElement invite, IAuthContext state, VerifySignature? verify)
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
        return IsSigned(signed, invitation.Content, verify) ? AuthRule.None : AuthRule.ThirdPartySignature;
    }

    static bool IsSigned(JsonElement signed, JsonElement invitation, VerifySignature? verify) => false;
}
