using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Matrix.Bus.Protocol.Tests;

public sealed class PduReaderTests
{
    public static TheoryData<int> Versions => A.Versions();

    [Theory, MemberData(nameof(Versions))]
    public void A_field_of_another_type_is_a_fault_that_names_the_field(int number)
    {
        foreach (var field in (string[])["type", "sender", "room_id", "state_key", "content", "depth", "origin_server_ts", "prev_events", "auth_events", "hashes", "signatures"])
        {
            foreach (var value in (string[])["null", "true", "7.0", "\"\"", "{}", "[]", "[7]", "[[]]", "-1"])
            {
                if (IsFitting(field, value))
                    continue;
                var reading = Read(number, json => json[field] = JsonNode.Parse(value), stateKey: "");
                Assert.True(!reading.IsValid, $"{field} = {value} was accepted.");
                if (value != "7.0" || number <= 5)
                    Assert.Equal((PduFault.IllTypedField, field), (reading.Fault, reading.Field));
            }
        }
    }

    [Theory, MemberData(nameof(Versions))]
    public void A_field_that_is_absent_is_a_fault_that_names_the_field(int number)
    {
        foreach (var field in (string[])["type", "sender", "room_id", "content", "depth", "origin_server_ts", "prev_events", "auth_events", "hashes", "signatures"])
        {
            var reading = Read(number, json => json.Remove(field));
            Assert.Equal((PduFault.MissingField, field), (reading.Fault, reading.Field));
        }
    }

    [Theory]
    [InlineData("sender")]
    [InlineData("room_id")]
    [InlineData("type")]
    [InlineData("state_key")]
    [InlineData("event_id")]
    public void Fields_are_measured_in_bytes(string field)
    {
        var (before, after) = field switch
        {
            "sender" => ("@", ":example.org"),
            "room_id" => ("!", ":example.org"),
            "event_id" => ("$", ":example.org"),
            _ => ("", ""),
        };
        string OfBytes(int count) => before + new string('é', (count - before.Length - after.Length) / 2) + ((count - before.Length - after.Length) % 2 == 1 ? "x" : "") + after;

        Assert.Equal(PduFault.None, Read(1, json => json[field] = OfBytes(255)).Fault);
        var tooLong = Read(1, json => json[field] = OfBytes(256));
        Assert.Equal((PduFault.FieldTooLong, field), (tooLong.Fault, tooLong.Field));
    }

    [Fact]
    public void An_escape_counts_as_the_byte_that_it_stands_for()
    {
        Assert.Equal(PduFault.None, Read(11, json => json["state_key"] = new string('\u0001', 255)).Fault);
        Assert.Equal(PduFault.FieldTooLong, Read(11, json => json["state_key"] = new string('\u0001', 256)).Fault);
    }

    [Theory]
    [InlineData(65_536, PduFault.None)]
    [InlineData(65_537, PduFault.TooLarge)]
    public void An_event_ends_at_65536_bytes_of_canonical_json_with_its_signatures(int size, PduFault fault)
    {
        var version = RoomVersion.Of(11);
        var frame = A.Pdu(version, content: """{"body":""}""").Json.Length;
        var template = A.Template(version, content: $$"""{"body":"{{new string('x', size - frame)}}"}""");

        Assert.Equal(fault, PduBuilder.TryBuild(template, A.Key, A.Server).Fault);

        var json = JsonNode.Parse(A.Pdu(version).Json.Span)!.AsObject();
        json["content"]!["body"] = "";
        var rest = CanonicalJson.Encode(A.Utf8(json.ToJsonString())).Length;
        json["content"]!["body"] = new string('x', size - rest);
        json["unsigned"] = new JsonObject { ["age"] = 1, ["filler"] = new string('y', 1000) };
        Assert.Equal(fault, PduReader.Read(A.Utf8(json.ToJsonString(new() { WriteIndented = true })), version).Fault);
    }

    [Fact]
    public void A_text_of_many_megabytes_is_refused_unread() =>
        Assert.Equal(PduFault.TooLarge, PduReader.Read(new byte[50_000_000], RoomVersion.Of(12)).Fault);

    [Theory, MemberData(nameof(Versions))]
    public void Events_and_auth_events_referred_to_are_limited_in_number(int number)
    {
        var version = RoomVersion.Of(number);
        JsonArray References(int count) => [.. Enumerable.Range(0, count).Select(i => Reference(version, (char)('a' + i)))];

        Assert.Equal(PduFault.None, Read(number, json => json["prev_events"] = References(20)).Fault);
        Assert.Equal(PduFault.TooManyPrevEvents, Read(number, json => json["prev_events"] = References(21)).Fault);
        Assert.Equal(PduFault.None, Read(number, json => json["auth_events"] = References(10)).Fault);
        Assert.Equal(PduFault.TooManyAuthEvents, Read(number, json => json["auth_events"] = References(11)).Fault);
        Assert.Equal(PduFault.TooManyPrevEvents, PduBuilder.TryBuild(A.Template(version) with { PrevEvents = [.. Enumerable.Repeat(A.Event(version), 21)] }, A.Key, A.Server).Fault);
        Assert.Equal(PduFault.TooManyAuthEvents, PduBuilder.TryBuild(A.Template(version) with { AuthEvents = [.. Enumerable.Repeat(A.Event(version), 11)] }, A.Key, A.Server).Fault);
    }

    [Theory]
    [InlineData(11, "0", PduFault.None)]
    [InlineData(11, "9007199254740991", PduFault.None)]
    [InlineData(11, "9007199254740992", PduFault.BadNumber)]
    [InlineData(11, "-1", PduFault.IllTypedField)]
    [InlineData(5, "9223372036854775807", PduFault.None)]
    [InlineData(5, "9223372036854775808", PduFault.IllTypedField)]
    [InlineData(5, "-1", PduFault.IllTypedField)]
    [InlineData(5, "1.5", PduFault.IllTypedField)]
    public void Depth_is_an_integer_from_0_to_2_to_the_53(int number, string depth, PduFault fault)
    {
        var reading = Read(number, json => json["depth"] = JsonNode.Parse(depth));

        Assert.Equal(fault, reading.Fault);
        if (reading.IsValid)
            Assert.Equal(Math.Min(long.Parse(depth, CultureInfo.InvariantCulture), CanonicalJson.MaxInteger), reading.Pdu.Depth);
    }

    [Theory]
    [InlineData(5, "1.5", PduFault.None)]
    [InlineData(5, "1e3", PduFault.None)]
    [InlineData(5, "-0", PduFault.None)]
    [InlineData(5, "99999999999999999999", PduFault.None)]
    [InlineData(6, "1.5", PduFault.BadNumber)]
    [InlineData(6, "1e3", PduFault.BadNumber)]
    [InlineData(6, "-0", PduFault.BadNumber)]
    [InlineData(6, "9007199254740992", PduFault.BadNumber)]
    public void Numbers_of_content_are_strict_since_version_6(int number, string value, PduFault fault)
    {
        var version = RoomVersion.Of(number);
        var text = A.Text(A.Pdu(version).Json.Span).Replace("\"body\":\"hello\"", $"\"body\":{value}");

        Assert.Equal(fault, PduReader.Read(A.Utf8(text), version).Fault);
        Assert.Equal(fault, PduBuilder.TryBuild(A.Template(version, content: $$"""{"body":{{value}}}"""), A.Key, A.Server).Fault);
    }

    [Theory]
    [InlineData("\"body\":\"hello\",\"body\":\"hello\"", PduFault.DuplicateKey)]
    [InlineData("\"body\":\"\\ud800\"", PduFault.LoneSurrogate)]
    [InlineData("\"body\":\"hello", PduFault.NotJson)]
    public void Ambiguous_json_is_refused_in_every_version(string body, PduFault fault)
    {
        foreach (var version in RoomVersion.Known.Values)
            Assert.Equal(fault, PduReader.Read(A.Utf8(A.Text(A.Pdu(version).Json.Span).Replace("\"body\":\"hello\"", body)), version).Fault);
    }

    [Fact]
    public void Nesting_ends_at_64_for_read_and_built_events_alike()
    {
        var version = RoomVersion.Of(12);
        string Nested(int depth) => "{\"a\":" + new string('[', depth - 1) + new string(']', depth - 1) + "}";

        var deepest = PduBuilder.Build(A.Template(version, content: Nested(63)), A.Key, A.Server);
        Assert.True(PduReader.Read(deepest.Json, version).IsValid);
        Assert.Equal(PduFault.TooDeep, PduBuilder.TryBuild(A.Template(version, content: Nested(64)), A.Key, A.Server).Fault);
        Assert.Equal(PduFault.TooDeep, PduBuilder.TryBuild(A.Template(version, content: Nested(65)), A.Key, A.Server).Fault);
        Assert.Equal(PduFault.TooDeep, PduReader.Read(A.Utf8(A.Text(deepest.Json.Span).Replace("[]", "[[]]")), version).Fault);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("7")]
    [InlineData("\"text\"")]
    [InlineData("null")]
    [InlineData("")]
    public void What_is_no_object_is_no_event(string json) => Assert.Equal(PduFault.NotJson, PduReader.Read(A.Utf8(json), RoomVersion.Of(12)).Fault);

    [Fact]
    public void Zero_characters_pass_through()
    {
        var pdu = PduBuilder.Build(A.Template(RoomVersion.Of(12), content: """{"body":"a\u0000b"}"""), A.Key, A.Server);
        Assert.Equal("a\0b", PduReader.Read(pdu.Json, pdu.Version).OrThrow().Content.GetProperty("body").GetString());
    }

    [Theory, MemberData(nameof(Versions))]
    public void An_event_whose_content_hash_does_not_match_is_read_redacted(int number)
    {
        var version = RoomVersion.Of(number);
        var pdu = A.Pdu(version);

        var read = Read(number, json => json["content"]!["body"] = "forged").OrThrow();

        Assert.True(read.IsRedacted);
        Assert.Equal("{}", read.Content.GetRawText());
        Assert.Equal(A.Text(Redaction.Redact(pdu).Json.Span), A.Text(read.Json.Span));
        Assert.True(EventSignatures.Check(read, (_, _) => A.Key.VerifyKey).IsValid);
        if (version.EventIdFormat != EventIdFormat.Given)
            Assert.Equal(pdu.EventId, read.EventId);
        Assert.True(Read(number, json => json["added"] = 1).OrThrow().IsRedacted);
        Assert.True(Read(number, json => json["hashes"] = new JsonObject { ["sha256"] = "?" }).OrThrow().IsRedacted);
        Assert.True(Read(number, json => json["hashes"] = new JsonObject { ["sha256"] = 7 }).OrThrow().IsRedacted);
        Assert.True(Read(number, json => json["hashes"] = new JsonObject()).OrThrow().IsRedacted);
    }

    [Theory, MemberData(nameof(Versions))]
    public void Unsigned_is_no_part_of_the_event(int number)
    {
        var pdu = A.Pdu(RoomVersion.Of(number));
        var read = PduReader.Read(A.Utf8("{\"unsigned\":{\"age\":7}," + A.Text(pdu.Json.Span)[1..]), pdu.Version).OrThrow();

        Assert.False(read.IsRedacted);
        Assert.Equal(A.Text(pdu.Json.Span), A.Text(read.Json.Span));
    }

    [Theory]
    [InlineData("""{"unsigned":{}}""")]
    [InlineData("""{"unsigned":{},"zebra":1}""")]
    [InlineData("""{"apple":1,"unsigned":{}}""")]
    [InlineData("""{"apple":1,"unsigned":{},"zebra":1}""")]
    public void What_is_left_without_unsigned_is_still_json(string json)
    {
        var reading = PduReader.Read(A.Utf8(json), RoomVersion.Of(12));
        Assert.Equal((PduFault.MissingField, "type"), (reading.Fault, reading.Field));
    }

    [Fact]
    public void Large_hostile_events_take_linear_time()
    {
        // Twelve readings of about a megabyte each; anything quadratic in there is counted in minutes.
        var version = RoomVersion.Of(1);
        var whole = A.Text(A.Pdu(version).Json.Span)[..^1];
        string[] hostile =
        [
            whole + ",\"x\":[" + string.Join(',', Enumerable.Repeat("{}", 300_000)) + "]}",
            whole + "," + string.Join(',', Enumerable.Range(0, 90_000).Select(i => $"\"{i * 7919L % 90_001}\":0")) + "}",
            whole + ",\"x\":\"" + string.Concat(Enumerable.Repeat("\\\"", 400_000)) + "\"}",
            whole.Replace("\"signatures\":{", "\"signatures\":{" + string.Concat(Enumerable.Range(0, 60_000).Select(i => $"\"s{i}\":{{}},"))) + "}",
        ];

        var clock = System.Diagnostics.Stopwatch.StartNew();
        for (var i = 0; i < 12; i++)
            Assert.Equal(PduFault.TooLarge, PduReader.Read(A.Utf8(hostile[i % hostile.Length]), version).Fault);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30), $"Took {clock.Elapsed}.");
    }

    [Fact]
    public void Versions_1_and_2_name_their_id_and_refer_by_pairs()
    {
        Assert.Equal("event_id", Read(2, json => json.Remove("event_id")).Field);
        Assert.Equal(PduFault.IllTypedField, Read(2, json => json["event_id"] = "$nowhere").Fault);
        Assert.Equal(PduFault.IllTypedField, Read(2, json => json["prev_events"] = new JsonArray("$a:b")).Fault);
        Assert.Equal(PduFault.IllTypedField, Read(2, json => json["prev_events"] = JsonNode.Parse("""[["$a:b"]]""")).Fault);
        Assert.Equal(PduFault.IllTypedField, Read(2, json => json["prev_events"] = JsonNode.Parse("""[["$a:b","x"]]""")).Fault);
        Assert.Equal(PduFault.IllTypedField, Read(2, json => json["prev_events"] = JsonNode.Parse("""[["$a:b",{},{}]]""")).Fault);
        Assert.Equal([EventId.Parse("$a:b")], Read(2, json => json["prev_events"] = JsonNode.Parse("""[["$a:b",{"sha256":"x"}]]""")).OrThrow().PrevEvents);
        Assert.Equal(PduFault.IllTypedField, Read(3, json => json["prev_events"] = JsonNode.Parse("""[["$a:b",{"sha256":"x"}]]""")).Fault);
    }

    [Fact]
    public void The_id_of_version_3_is_base64_and_url_safe_since()
    {
        Assert.Contains(Enumerable.Range(0, 50), i => A.Pdu(RoomVersion.Of(3), content: $"{{\"n\":{i}}}").EventId.Value.AsSpan().ContainsAny("+/"));
        Assert.All(Enumerable.Range(0, 50), i => Assert.Matches("^\\$[A-Za-z0-9_-]{43}$", A.Pdu(RoomVersion.Of(4), content: $"{{\"n\":{i}}}").EventId.Value));
    }

    [Fact]
    public void A_version_12_create_event_gives_its_room_its_id()
    {
        var version = RoomVersion.Of(12);
        var template = A.Template(version, "m.room.create", """{"room_version":"12"}""", "") with { RoomId = null, PrevEvents = [], AuthEvents = [] };
        var create = PduBuilder.Build(template, A.Key, A.Server);

        Assert.Equal("!" + create.EventId.Value[1..], create.RoomId.Value);
        Assert.DoesNotContain("room_id", A.Text(create.Json.Span));
        Assert.Equal(create.RoomId, PduReader.Read(create.Json, version).OrThrow().RoomId);
        Assert.Equal(PduFault.RoomIdOnCreate, PduBuilder.TryBuild(template with { RoomId = A.Room(version) }, A.Key, A.Server).Fault);
        Assert.Equal(PduFault.RoomIdOnCreate, PduReader.Read(A.Utf8(A.Text(create.Json.Span).Replace("\"sender\"", "\"room_id\":\"!r:b\",\"sender\"")), version).Fault);
    }

    [Fact]
    public void Room_ids_have_the_form_of_their_version()
    {
        Assert.Equal(PduFault.IllTypedField, Read(12, json => json["room_id"] = "!room:example.org").Fault);
        Assert.Equal(PduFault.IllTypedField, Read(11, json => json["room_id"] = A.Room(RoomVersion.Of(12)).Value).Fault);
        Assert.Equal("room_id", PduBuilder.TryBuild(A.Template(RoomVersion.Of(12)) with { RoomId = null }, A.Key, A.Server).Field);
    }

    [Fact]
    public void Redacts_is_read_from_where_the_version_keeps_it()
    {
        var target = A.Event(RoomVersion.Of(10), 't');
        foreach (var version in RoomVersion.Known.Values)
        {
            var pdu = PduBuilder.Build(A.Template(version, "m.room.redaction", """{"reason":"spam","redacts":"$other","zeta":1}""") with { Redacts = target }, A.Key, A.Server);
            var read = PduReader.Read(pdu.Json, version).OrThrow();

            Assert.False(read.IsRedacted);
            Assert.Equal(target, pdu.Redacts);
            Assert.Equal(target, read.Redacts);
            Assert.Equal(version.Number < 11, A.Text(read.Json.Span).Contains($"\"redacts\":\"{target}\",\"room_id\""));
            Assert.Equal(version.Number < 11 ? null : target, Redaction.Redact(read).Redacts);
        }
        Assert.Equal("redacts", Read(10, json => (json["type"], json["redacts"]) = ("m.room.redaction", 7)).Field);
        Assert.Null(Read(11, json => (json["type"], json["redacts"]) = ("m.room.redaction", 7)).OrThrow().Redacts);
        Assert.Null(Read(10, json => json["redacts"] = "$x").OrThrow().Redacts);
    }

    [Fact]
    public void A_forensic_reader_believes_the_named_id()
    {
        const string Json = """{"event_id":"$00-create","sender":"@a:b","type":"m.room.create","content":{},"state_key":"","origin_server_ts":0,"prev_events":[],"auth_events":[]}""";

        Assert.Equal("!00-create", PduReader.ReadNamed(A.Utf8(Json), RoomVersion.Of(12)).OrThrow().RoomId.Value);
        var old = PduReader.ReadNamed(A.Utf8(Json[..^1] + ",\"room_id\":\"!room:b\",\"depth\":4}"), RoomVersion.Of(2)).OrThrow();
        Assert.Equal(("$00-create", "!room:b", 4), (old.EventId.Value, old.RoomId.Value, old.Depth));
        Assert.Equal("event_id", PduReader.ReadNamed(A.Utf8(Json.Replace("event_id", "eventid")), RoomVersion.Of(10)).Field);
        Assert.Equal(PduFault.MissingField, PduReader.Read(A.Utf8(Json), RoomVersion.Of(12)).Fault);
    }

    [Theory, MemberData(nameof(Versions))]
    public void What_was_stored_reads_back_the_same(int number)
    {
        var pdu = A.Pdu(RoomVersion.Of(number), stateKey: "tab\tand \"quote\"");
        var stored = PduReader.ReadStored(pdu.Json, pdu.Version, pdu.EventId);

        Assert.Equal(pdu.StateKey, stored.StateKey);
        Assert.Equal(pdu.Content.GetRawText(), stored.Content.GetRawText());
        Assert.Equal((pdu.EventId, pdu.RoomId, pdu.Depth), (stored.EventId, stored.RoomId, stored.Depth));
        Assert.Throws<InvalidPduException>(() => PduReader.ReadStored(A.Utf8("{}"), pdu.Version, pdu.EventId));
    }

    [Fact]
    public void Mutated_events_never_throw_and_what_is_read_is_canonical() => Seeds.Hold(seed =>
    {
        var random = new Random(seed);
        var version = RoomVersion.Of(random.Next(1, 13));
        var bytes = A.Pdu(version, random.Next(2) == 0 ? "m.room.member" : "m.room.redaction", """{"membership":"join","redacts":"$x","third_party_invite":{"signed":{}}}""", "@a:b").Json.ToArray().ToList();
        for (var changes = random.Next(1, 6); changes > 0; changes--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(4))
            {
                case 0: bytes[at] = (byte)random.Next(256); break;
                case 1: bytes.RemoveRange(at, Math.Min(random.Next(1, 9), bytes.Count - at)); break;
                case 2: bytes.Insert(at, (byte)"{}[]\",:\\-1e.n"[random.Next(13)]); break;
                default: bytes.InsertRange(at, bytes.Skip(random.Next(bytes.Count)).Take(random.Next(40)).ToList()); break;
            }
        }
        var reading = PduReader.Read(bytes.ToArray(), version);
        PduReader.ReadNamed(bytes.ToArray(), version);
        EventSignatures.Verify(bytes.ToArray(), version, A.Server, A.Key.VerifyKey);
        if (reading.Pdu is { } pdu)
        {
            EventSignatures.Check(pdu, (_, _) => A.Key.VerifyKey);
            Assert.Equal(A.Text(pdu.Json.Span), A.Text(CanonicalJson.Encode(pdu.Json.Span, CanonicalJson.ModeOf(version))));
            Assert.Equal(pdu.EventId, PduReader.Read(pdu.Json, version).OrThrow().EventId);
        }
        else
        {
            Assert.NotEqual(PduFault.None, reading.Fault);
        }
    }, runs: 5000);

    [Fact]
    public void Faults_of_json_are_faults_of_events_under_the_same_number()
    {
        foreach (var fault in Enum.GetValues<JsonFault>())
            Assert.Equal(fault.ToString(), ((PduFault)(int)fault).ToString());
    }

    static bool IsFitting(string field, string value) => (field, value) switch
    {
        ("type" or "state_key", "\"\"") => true,
        ("content" or "hashes" or "signatures", "{}") => true,
        ("depth", "7.0") => true,
        ("origin_server_ts", "7.0" or "-1") => true,
        ("prev_events" or "auth_events", "[]") => true,
        _ => false,
    };

    static JsonNode Reference(RoomVersion version, char letter) => version.EventIdFormat == EventIdFormat.Given
        ? new JsonArray(A.Event(version, letter).Value, new JsonObject())
        : A.Event(version, letter).Value;

    static PduReading Read(int number, Action<JsonObject> change, string? stateKey = null)
    {
        var version = RoomVersion.Of(number);
        var json = JsonNode.Parse(A.Pdu(version, stateKey: stateKey).Json.Span)!.AsObject();
        change(json);
        return PduReader.Read(Encoding.UTF8.GetBytes(json.ToJsonString()), version);
    }
}
