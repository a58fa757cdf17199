namespace Matrix.Bus.Protocol.Tests;

public sealed class PduBuilderTests
{
    public static TheoryData<int> Versions => A.Versions();

    [Theory, MemberData(nameof(Versions))]
    public void An_event_that_was_built_reads_back_as_the_same_event_and_verifies(int number)
    {
        var version = RoomVersion.Of(number);
        var built = A.Pdu(version);

        var read = PduReader.Read(built.Json, version).OrThrow();

        Assert.Equal(A.Text(built.Json.Span), A.Text(read.Json.Span));
        Assert.Equal(A.Text(built.Json.Span), A.Text(CanonicalJson.Encode(built.Json.Span)));
        Assert.False(read.IsRedacted);
        if (version.EventIdFormat != EventIdFormat.Given)
            Assert.Equal(built.EventId, read.EventId);
        AssertSame(built, read);
        Assert.True(EventSignatures.Verify(read, A.Server, A.Key.VerifyKey));
        Assert.True(EventSignatures.Check(read, (_, _) => A.Key.VerifyKey).IsValid);
    }

    [Fact]
    public void Whatever_is_built_reads_back_with_the_same_id_and_verifies() => Seeds.Hold(seed =>
    {
        var random = new RandomJson(seed);
        var version = RoomVersion.Of(seed % 12 + 1);
        string[] types = ["m.room.member", "m.room.power_levels", "m.room.redaction", "m.room.message", random.Text().Replace("\0", "")];
        var template = A.Template(version, types[seed / 12 % types.Length], random.Write(random.Object()), seed % 7 == 0 ? null : random.Text().Replace("\0", "")) with
        {
            Redacts = seed % 3 == 0 ? A.Event(version, 't') : null,
            PrevEvents = [.. Enumerable.Range(0, seed % 5).Select(i => A.Event(version, (char)('a' + i)))],
        };
        var built = PduBuilder.Build(template, A.Key, A.Server);

        var read = PduReader.Read(built.Json, version).OrThrow();

        Assert.False(read.IsRedacted);
        AssertSame(built, read);
        AssertSame(built, PduReader.ReadStored(built.Json, version, built.EventId));
        Assert.Equal(A.Text(built.Json.Span), A.Text(read.Json.Span));
        Assert.True(EventSignatures.Verify(read, A.Server, A.Key.VerifyKey));
        Assert.Equal(built.EventId, version.EventIdFormat == EventIdFormat.Given ? read.EventId : EventHashes.IdFrom(EventHashes.ReferenceHash(built.Json.Span, version), version));
    }, runs: 1500);

    [Fact]
    public void A_template_that_breaks_the_format_is_refused_with_the_reason()
    {
        var good = A.Template(RoomVersion.Of(12));

        Assert.Equal(PduFault.FieldTooLong, Refused(good with { Type = new string('é', 128) }));
        Assert.Equal(PduFault.FieldTooLong, Refused(good with { StateKey = new string('x', 256) }));
        Assert.Equal(PduFault.IllTypedField, Refused(good with { StateKey = "a\0b" }));
        Assert.Equal(PduFault.IllTypedField, Refused(good with { Type = "a\0b" }));
        Assert.Equal(PduFault.LoneSurrogate, Refused(good with { StateKey = "\ud800" }));
        Assert.Equal(PduFault.LoneSurrogate, Refused(good with { Content = A.Json("""{"a":"\ud800"}""") }));
        Assert.Equal(PduFault.DuplicateKey, Refused(good with { Content = A.Json("""{"a":1,"a":2}""") }));
        Assert.Equal(PduFault.NotJson, Refused(good with { Content = default }));
        Assert.Equal(PduFault.IllTypedField, Refused(good with { Content = A.Json("[]") }));
        Assert.Equal(PduFault.IllTypedField, Refused(good with { Depth = -1 }));
        Assert.Equal(PduFault.IllTypedField, Refused(good with { Depth = CanonicalJson.MaxInteger + 1 }));
        Assert.Equal(PduFault.IllTypedField, Refused(good with { OriginServerTs = long.MaxValue }));
        Assert.Equal(PduFault.TooLarge, Refused(good with { Content = A.Json($$"""{"a":"{{new string('x', 65_536)}}"}""") }));
        Assert.Throws<InvalidPduException>(() => PduBuilder.Build(good with { Depth = -1 }, A.Key, A.Server));

        static PduFault Refused(EventTemplate template) => PduBuilder.TryBuild(template, A.Key, A.Server).Fault;
    }

    [Fact]
    public void Without_a_given_id_versions_1_and_2_get_a_new_one()
    {
        var template = A.Template(RoomVersion.Of(2)) with { EventId = null };
        var (first, second) = (PduBuilder.Build(template, A.Key, A.Server), PduBuilder.Build(template, A.Key, A.Server));

        Assert.NotEqual(first.EventId, second.EventId);
        Assert.Equal(A.Server, first.EventId.Server);
        Assert.Equal(first.EventId, PduReader.Read(first.Json, template.Version).OrThrow().EventId);
    }

    [Fact]
    public void Building_is_safe_on_many_threads() =>
        Parallel.For(0, 2_000, i =>
        {
            var pdu = A.Pdu(RoomVersion.Of(i % 12 + 1), content: $$"""{"z":{{i}},"a":[{"y":1,"x":{{i}}}]}""");
            Assert.False(PduReader.Read(pdu.Json, pdu.Version).OrThrow().IsRedacted);
        });

    static void AssertSame(Pdu expected, Pdu actual)
    {
        Assert.Equal(expected.EventId, actual.EventId);
        Assert.Equal(expected.RoomId, actual.RoomId);
        Assert.Equal(expected.Sender, actual.Sender);
        Assert.Equal(expected.Type, actual.Type);
        Assert.Equal(expected.StateKey, actual.StateKey);
        Assert.Equal(expected.OriginServerTs, actual.OriginServerTs);
        Assert.Equal(expected.Depth, actual.Depth);
        Assert.Equal(expected.PrevEvents, actual.PrevEvents);
        Assert.Equal(expected.AuthEvents, actual.AuthEvents);
        Assert.Equal(expected.Redacts, actual.Redacts);
        Assert.Equal(expected.Content.GetRawText(), actual.Content.GetRawText());
    }
}
