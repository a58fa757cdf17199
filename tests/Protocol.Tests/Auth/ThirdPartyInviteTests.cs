using System.Text;

namespace Matrix.Bus.Protocol.Tests.Auth;

public sealed class ThirdPartyInviteTests
{
    static readonly SigningKey Key = SigningKey.FromSeed("0", Enumerable.Repeat((byte)7, 32).ToArray());
    static readonly SigningKey Other = SigningKey.FromSeed("0", Enumerable.Repeat((byte)8, 32).ToArray());

    [Theory]
    [MemberData(nameof(Versions))]
    public void An_invite_signed_with_the_rooms_key_is_allowed_even_by_one_who_left(int version)
    {
        Room(version).Check(Invite(version, Signed(ARoom.Bob, "token", Key))).IsAllowed();
        Room(version, $$"""{"public_keys":[{"public_key":"{{Other.VerifyKey.ToBase64()}}"},5,{"public_key":"{{Key.VerifyKey.ToBase64()}}"}]}""")
            .Check(Invite(version, Signed(ARoom.Bob, "token", Key))).IsAllowed();
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void An_invite_that_no_key_of_the_room_signed_is_refused(int version)
    {
        Room(version).Check(Invite(version, Signed(ARoom.Bob, "token", Other))).IsRefused(AuthRule.ThirdPartySignature);
        Room(version, "{}").Check(Invite(version, Signed(ARoom.Bob, "token", Key))).IsRefused(AuthRule.ThirdPartySignature);
        var altered = Signed(ARoom.Bob, "token", Key).Replace("\"mxid\"", "\"more\":1,\"mxid\"", StringComparison.Ordinal);
        Room(version).Check(Invite(version, altered)).IsRefused(AuthRule.ThirdPartySignature);
        Room(version).Check(Invite(version, $$"""{"mxid":"{{ARoom.Bob}}","token":"token"}""")).IsRefused(AuthRule.ThirdPartySignature);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void Each_part_of_the_rule_refuses_on_its_own(int version)
    {
        var good = Signed(ARoom.Bob, "token", Key);

        Room(version).Member(ARoom.Bob, "ban").Check(Invite(version, good)).IsRefused(AuthRule.ThirdPartyBanned);
        Room(version).Membership(ARoom.Alice, ARoom.Bob, "invite", ",\"third_party_invite\":{}").IsRefused(AuthRule.ThirdPartyUnsigned);
        Room(version).Membership(ARoom.Alice, ARoom.Bob, "invite", ",\"third_party_invite\":5").IsRefused(AuthRule.ThirdPartyUnsigned);
        Room(version).Check(Invite(version, """{"token":"token"}""")).IsRefused(AuthRule.ThirdPartyIncomplete);
        Room(version).Check(Invite(version, $$"""{"mxid":"{{ARoom.Bob}}"}""")).IsRefused(AuthRule.ThirdPartyIncomplete);
        Room(version).Check(Invite(version, Signed(ARoom.Remote, "token", Key))).IsRefused(AuthRule.ThirdPartyOtherUser);
        Room(version).Check(Invite(version, Signed(ARoom.Bob, "unknown", Key))).IsRefused(AuthRule.ThirdPartyUnknownToken);
        Room(version).With(ARoom.Remote, EventTypes.ThirdPartyInvite, "token", PublicKey(Key))
            .Check(Invite(version, good)).IsRefused(AuthRule.ThirdPartyOtherSender);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void Making_one_needs_the_invite_level_alone(int version)
    {
        var room = new ARoom(version).Member(ARoom.Alice).Levels($$$"""{"users":{"{{{ARoom.Alice}}}":30},"invite":30,"state_default":100}""");
        room.Check(ARoom.Alice, EventTypes.ThirdPartyInvite, "token").IsAllowed();
        room.Levels($$$"""{"users":{"{{{ARoom.Alice}}}":30},"invite":31,"state_default":0}""")
            .Check(ARoom.Alice, EventTypes.ThirdPartyInvite, "token").IsRefused(AuthRule.ThirdPartyInviteLevel);
    }

    public static TheoryData<int> Versions() => ARoom.Versions();

    static ARoom Room(int version, string? keys = null) =>
        new ARoom(version).With(ARoom.Alice, EventTypes.ThirdPartyInvite, "token", keys ?? PublicKey(Key));

    static Pdu Invite(int version, string signed) =>
        new ARoom(version).MemberEvent(ARoom.Alice, ARoom.Bob, "invite", $",\"third_party_invite\":{{\"display_name\":\"b\",\"signed\":{signed}}}");

    static string PublicKey(SigningKey key) => $$"""{"public_key":"{{key.VerifyKey.ToBase64()}}"}""";

    static string Signed(string user, string token, SigningKey key) =>
        Encoding.UTF8.GetString(SignedJson.Sign(Encoding.UTF8.GetBytes($$"""{"mxid":"{{user}}","token":"{{token}}"}"""), "id.example.org", key));
}
