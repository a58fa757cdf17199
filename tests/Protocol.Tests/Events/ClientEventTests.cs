namespace Matrix.Bus.Protocol.Tests;

public sealed class ClientEventTests
{
    [Fact]
    public void A_client_sees_the_event_and_none_of_what_federation_needs()
    {
        var pdu = A.Pdu(RoomVersion.Of(12), "m.room.topic", """{"topic":"Füchse & Hasen <3"}""", "");

        Assert.Equal($$$"""{"content":{"topic":"Füchse & Hasen <3"},"event_id":"{{{pdu.EventId}}}","origin_server_ts":1700000000000,"room_id":"{{{pdu.RoomId}}}","sender":"@alice:example.org","state_key":"","type":"m.room.topic"}""",
            ClientEvent.ToJson(pdu).ToString());
        Assert.DoesNotContain("room_id", ClientEvent.ToJson(pdu, withRoomId: false).ToString());
        Assert.DoesNotContain("state_key", ClientEvent.ToJson(A.Pdu(RoomVersion.Of(12))).ToString());
    }

    [Fact]
    public void Redacts_stands_at_the_top_level_and_in_content_in_every_version()
    {
        foreach (var version in RoomVersion.Known.Values)
        {
            var target = A.Event(version, 't');
            var json = ClientEvent.ToJson(PduBuilder.Build(
                A.Template(version, "m.room.redaction", """{"reason":"spam"}""") with { Redacts = target }, A.Key, A.Server)).Parse();

            Assert.Equal(target.Value, json.GetProperty("redacts").GetString());
            Assert.Equal(target.Value, json.GetProperty("content").GetProperty("redacts").GetString());
            Assert.Equal("spam", json.GetProperty("content").GetProperty("reason").GetString());
        }
    }

    [Fact]
    public void A_sender_cannot_make_content_name_another_target()
    {
        var target = A.Event(RoomVersion.Of(10), 't');
        var pdu = PduBuilder.Build(A.Template(RoomVersion.Of(10), "m.room.redaction", """{"redacts":"$other"}""") with { Redacts = target }, A.Key, A.Server);

        Assert.DoesNotContain("$other", ClientEvent.ToJson(pdu).ToString());
    }

    [Fact]
    public void Stripped_state_has_four_keys()
    {
        using var stream = new MemoryStream();
        using (var writer = new System.Text.Json.Utf8JsonWriter(stream))
            ClientEvent.WriteStripped(writer, A.Pdu(RoomVersion.Of(12), "m.room.name", """{"name":"x"}""", ""));

        Assert.Equal("""{"content":{"name":"x"},"sender":"@alice:example.org","state_key":"","type":"m.room.name"}""", A.Text(stream.ToArray()));
    }
}
