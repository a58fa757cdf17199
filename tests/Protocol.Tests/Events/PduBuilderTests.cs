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
