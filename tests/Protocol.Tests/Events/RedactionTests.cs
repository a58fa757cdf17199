using System.Text.Json;

namespace Matrix.Bus.Protocol.Tests;

public sealed class RedactionTests
{
    const string AllKeys = """
        {"aliases":[],"allow":[],"ban":1,"body":"x","creator":"@a:b","displayname":"x","events":{},"events_default":0,"history_visibility":"shared",
        "invite":1,"join_authorised_via_users_server":"@a:b","join_rule":"public","kick":1,"membership":"join","notifications":{},"redact":1,
        "redacts":"$x","room_version":"9","state_default":1,"third_party_invite":{"display_name":"x","signed":{"mxid":"@a:b"}},"users":{},"users_default":0}
        """;

    const string PowerKeys = "ban,events,events_default,kick,redact,state_default,users,users_default";

    public static TheoryData<int, string, string> Kept
    {
        get
        {
            var kept = new TheoryData<int, string, string>();
            for (var version = 1; version <= 12; version++)
            {
                kept.Add(version, "m.room.member", version switch
                {
                    >= 11 => "join_authorised_via_users_server,membership,third_party_invite",
                    >= 9 => "join_authorised_via_users_server,membership",
                    _ => "membership",
                });
                kept.Add(version, "m.room.create", version >= 11 ? "*" : "creator");
                kept.Add(version, "m.room.join_rules", version >= 8 ? "allow,join_rule" : "join_rule");
                kept.Add(version, "m.room.power_levels", version >= 11 ? PowerKeys.Replace("kick", "invite,kick") : PowerKeys);
                kept.Add(version, "m.room.aliases", version <= 5 ? "aliases" : "");
                kept.Add(version, "m.room.history_visibility", "history_visibility");
                kept.Add(version, "m.room.redaction", version >= 11 ? "redacts" : "");
                kept.Add(version, "m.room.message", "");
                kept.Add(version, "m.room.topic", "");
            }
            return kept;
        }
    }

    public static TheoryData<int> Versions => A.Versions();

    [Theory, MemberData(nameof(Kept))]
    public void Content_keeps_what_its_version_protects(int number, string type, string kept)
    {
        var redacted = Redact($$"""{"type":"{{type}}","content":{{AllKeys}}}""", number).GetProperty("content");

        if (kept == "*")
            Assert.Equal(A.Text(CanonicalJson.Encode(A.Utf8(AllKeys))), redacted.GetRawText());
        else
            Assert.Equal(kept, string.Join(',', redacted.EnumerateObject().Select(m => m.Name)));
    }

    [Theory, MemberData(nameof(Versions))]
    public void The_top_level_keeps_what_its_version_protects(int number)
    {
        const string Event = """
            {"age_ts":1,"auth_events":[],"content":{},"depth":1,"event_id":"$x","hashes":{},"membership":"join","origin":"b","origin_server_ts":1,
            "prev_events":[],"prev_state":[],"redacts":"$y","room_id":"!r:b","sender":"@a:b","signatures":{},"state_key":"","type":"m.room.x","unsigned":{},"zebra":1}
            """;
        var expected = "auth_events,content,depth,event_id,hashes,membership,origin,origin_server_ts,prev_events,prev_state,room_id,sender,signatures,state_key,type";
        if (number >= 11)
            expected = expected.Replace("membership,origin,", "").Replace("prev_state,", "");

        Assert.Equal(expected, string.Join(',', Redact(Event, number).EnumerateObject().Select(m => m.Name)));
    }

    [Theory]
    [InlineData("""{"signed":{"token":"t"},"display_name":"x"}""", """{"content":{"third_party_invite":{"signed":{"token":"t"}}},"type":"m.room.member"}""")]
    [InlineData("""{"display_name":"x"}""", """{"content":{},"type":"m.room.member"}""")]
    [InlineData("\"text\"", """{"content":{},"type":"m.room.member"}""")]
    [InlineData("null", """{"content":{},"type":"m.room.member"}""")]
    public void A_third_party_invite_keeps_its_signed_part_since_version_11(string invite, string expected) =>
        Assert.Equal(expected, Redaction.Redact(A.Utf8("{\"type\":\"m.room.member\",\"content\":{\"third_party_invite\":" + invite + "}}"), RoomVersion.Of(11)).ToString());

    [Theory, MemberData(nameof(Versions))]
    public void A_redacted_event_keeps_its_id_and_its_signature(int number)
    {
        var pdu = A.Pdu(RoomVersion.Of(number), "m.room.member", """{"membership":"join","displayname":"Alice"}""", A.Alice.Value);

        var redacted = Redaction.Redact(pdu);

        Assert.True(redacted.IsRedacted);
        Assert.Equal("""{"membership":"join"}""", redacted.Content.GetRawText());
        Assert.Equal(pdu.EventId, redacted.EventId);
        Assert.Equal(EventHashes.ReferenceHash(pdu), EventHashes.ReferenceHash(redacted));
        Assert.True(EventSignatures.Verify(redacted, A.Server, A.Key.VerifyKey));
        Assert.Same(redacted, Redaction.Redact(redacted));
    }

    [Theory, MemberData(nameof(Versions))]
    public void Redacting_twice_is_redacting_once(int number) => Seeds.Hold(seed =>
    {
        var random = new RandomJson(seed);
        string[] types = ["m.room.member", "m.room.create", "m.room.power_levels", "m.room.join_rules", "m.room.aliases", "m.room.redaction", "m.room.message"];
        var content = random.Object();
        content["third_party_invite"] = random.Value();
        content["membership"] = random.Value();
        var members = random.Object();
        members["content"] = content;
        members["unsigned"] = random.Value();
        members["type"] = types[seed % types.Length];

        var once = Redaction.Redact(A.Utf8(random.Write(members)), RoomVersion.Of(number));

        Assert.Equal(once.ToString(), Redaction.Redact(once.Utf8.Span, RoomVersion.Of(number)).ToString());
        Assert.Equal(once.ToString(), A.Text(CanonicalJson.Encode(once.Utf8.Span)));
    }, runs: 100);

    static JsonElement Redact(string json, int version) => Redaction.Redact(A.Utf8(json), RoomVersion.Of(version)).Parse();
}
