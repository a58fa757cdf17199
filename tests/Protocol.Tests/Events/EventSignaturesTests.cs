namespace Matrix.Bus.Protocol.Tests;

public sealed class EventSignaturesTests
{
    static readonly ServerName other = ServerName.Parse("other.example");
    static readonly SigningKey otherKey = SigningKey.Generate();

    [Fact]
    public void The_server_of_the_sender_signs()
    {
        foreach (var version in RoomVersion.Known.Values)
            Assert.Equal([A.Server], EventSignatures.RequiredServers(A.Pdu(version)));
    }

    [Fact]
    public void In_versions_1_and_2_the_server_of_the_event_id_signs_too()
    {
        foreach (var version in RoomVersion.Known.Values)
        {
            var pdu = PduBuilder.Build(A.Template(version) with { EventId = EventId.Parse("$x:other.example") }, A.Key, A.Server);
            Assert.Equal(version.Number <= 2 ? [A.Server, other] : [A.Server], EventSignatures.RequiredServers(pdu));
        }
    }

    [Fact]
    public void From_version_8_on_the_authoriser_of_a_restricted_join_signs_too()
    {
        foreach (var version in RoomVersion.Known.Values)
        {
            var pdu = Join(version);
            Assert.Equal(version.Number >= 8 ? [A.Server, other] : [A.Server], EventSignatures.RequiredServers(pdu));
            Assert.Equal(version.Number >= 8 ? SignatureVerdict.Missing : SignatureVerdict.Valid, EventSignatures.Check(pdu, Known).Verdict);
            Assert.True(EventSignatures.Check(EventSignatures.Sign(pdu, otherKey, other), Known).IsValid);
        }
    }

    [Fact]
    public void An_invite_by_third_party_id_needs_no_signature_of_its_sender()
    {
        var invite = A.Pdu(RoomVersion.Of(10), "m.room.member", """{"membership":"invite","third_party_invite":{"signed":{}}}""", "@b:other.example");
        var join = A.Pdu(RoomVersion.Of(10), "m.room.member", """{"membership":"join","third_party_invite":{"signed":{}}}""", "@b:other.example");

        Assert.Empty(EventSignatures.RequiredServers(invite));
        Assert.Equal([A.Server], EventSignatures.RequiredServers(join));
    }

    [Fact]
    public void Unknown_keys_are_skipped_but_one_must_remain_and_every_known_one_must_hold()
    {
        var pdu = A.Pdu(RoomVersion.Of(11));
        var signedTwice = EventSignatures.Sign(pdu, otherKey, A.Server);
        var falsified = PduReader.ReadStored(A.Utf8(A.Text(signedTwice.Json.Span).Replace(
            UnpaddedBase64.Encode(otherKey.Sign(Signed(pdu))), UnpaddedBase64.Encode(otherKey.Sign([1])))), pdu.Version, pdu.EventId);

        Assert.Equal(SignatureVerdict.UnknownKeys, EventSignatures.Check(pdu, (_, _) => null).Verdict);
        Assert.Equal([A.Key.KeyId, otherKey.KeyId], EventSignatures.KeyIds(signedTwice, A.Server));
        Assert.True(EventSignatures.Check(signedTwice, OnlyOurs).IsValid);
        Assert.True(EventSignatures.Check(signedTwice, Both).IsValid);
        Assert.True(EventSignatures.Check(falsified, OnlyOurs).IsValid);
        Assert.Equal(new SignatureCheck(SignatureVerdict.Invalid, A.Server, otherKey.KeyId), EventSignatures.Check(falsified, Both));

        static VerifyKey? OnlyOurs(ServerName server, string id) => id == A.Key.KeyId ? A.Key.VerifyKey : null;
        static VerifyKey? Both(ServerName server, string id) => id == A.Key.KeyId ? A.Key.VerifyKey : otherKey.VerifyKey;
    }

    [Theory]
    [InlineData("{}", SignatureVerdict.Missing)]
    [InlineData("""{"example.org":7}""", SignatureVerdict.Missing)]
    [InlineData("""{"example.org":{"rsa:1":"AAAA"}}""", SignatureVerdict.Missing)]
    [InlineData("""{"EXAMPLE.org":{"ed25519:1":"AAAA"}}""", SignatureVerdict.Missing)]
    [InlineData("""{"example.org":{"ed25519:1":7}}""", SignatureVerdict.Invalid)]
    [InlineData("""{"example.org":{"ed25519:1":"?"}}""", SignatureVerdict.Invalid)]
    [InlineData("""{"example.org":{"ed25519:1":"AAAA"}}""", SignatureVerdict.Invalid)]
    public void Hostile_signatures_are_told_apart(string signatures, SignatureVerdict verdict)
    {
        var pdu = A.Pdu(RoomVersion.Of(12));
        var text = A.Text(pdu.Json.Span);
        var start = text.IndexOf("\"signatures\":", StringComparison.Ordinal) + 13;
        var forged = text[..start] + signatures + text[text.IndexOf(",\"type\"", start, StringComparison.Ordinal)..];

        Assert.Equal(verdict, EventSignatures.Check(PduReader.Read(A.Utf8(forged), pdu.Version).OrThrow(), Known).Verdict);
    }

    [Fact]
    public void A_changed_protected_field_breaks_the_signature()
    {
        foreach (var version in RoomVersion.Known.Values)
        {
            var forged = PduReader.Read(A.Utf8(A.Text(A.Pdu(version).Json.Span).Replace("\"depth\":12", "\"depth\":13")), version).OrThrow();
            Assert.Equal(SignatureVerdict.Invalid, EventSignatures.Check(forged, Known).Verdict);
            Assert.False(EventSignatures.Verify(forged, A.Server, A.Key.VerifyKey));
        }
    }

    [Fact]
    public void A_signature_more_changes_neither_id_nor_content()
    {
        var pdu = Join(RoomVersion.Of(12));
        var signed = EventSignatures.Sign(pdu, otherKey, other);

        Assert.Equal(pdu.EventId, PduReader.Read(signed.Json, pdu.Version).OrThrow().EventId);
        Assert.False(PduReader.Read(signed.Json, pdu.Version).OrThrow().IsRedacted);
        Assert.True(EventSignatures.Verify(signed.Json.Span, pdu.Version, other, otherKey.VerifyKey));
        Assert.False(EventSignatures.Verify("no event"u8, pdu.Version, other, otherKey.VerifyKey));
    }

    static Pdu Join(RoomVersion version) =>
        A.Pdu(version, "m.room.member", """{"membership":"join","join_authorised_via_users_server":"@x:other.example"}""", A.Alice.Value);

    static VerifyKey Known(ServerName server, string keyId) => server == other ? otherKey.VerifyKey : A.Key.VerifyKey;

    static byte[] Signed(Pdu pdu)
    {
        var redacted = System.Text.Json.Nodes.JsonNode.Parse(Redaction.Redact(pdu).Json.Span)!.AsObject();
        redacted.Remove("signatures");
        return CanonicalJson.Encode(A.Utf8(redacted.ToJsonString()));
    }
}
