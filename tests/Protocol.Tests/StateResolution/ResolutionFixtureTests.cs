using System.Text.Json;

namespace Matrix.Bus.Protocol.Tests.StateResolution;

/// <summary>The cases under Fixtures/state-resolution: each resolves its events by their DAG, or the given states.</summary>
public sealed class ResolutionFixtureTests
{
    static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Fixtures", "state-resolution");

    public static TheoryData<string> Cases => [.. ReadCases().Select(entry => entry.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_published_case_resolves_to_the_published_state(string name)
    {
        var entry = ReadCases().Single(e => e.Name == name);

        var result = Resolve(entry);

        Assert.DoesNotContain(result.Remarks, line => line.Contains("left out", StringComparison.Ordinal));
        Assert.Equal(entry.Expected.Order(StringComparer.Ordinal), result.EventIds.Select(id => id.Value));
    }

    [Fact]
    public void A_state_that_names_an_unknown_event_is_refused()
    {
        var error = Assert.Throws<FormatException>(() => StateForensics.Resolve(RoomVersion.Of(11), [Bytes("[]")], [Bytes("""["$nothing"]""")], trustEventIds: true));
        Assert.Contains("$nothing", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[")]
    [InlineData("")]
    public void A_file_that_is_no_array_is_refused(string file) =>
        Assert.Throws<FormatException>(() => StateForensics.Resolve(RoomVersion.Of(11), [Bytes(file)], [], trustEventIds: true));

    [Fact]
    public void An_unreadable_event_is_remarked_and_left_out()
    {
        var result = StateForensics.Resolve(RoomVersion.Of(11), [Bytes("""[{"type":5},7]""")], [], trustEventIds: true);
        Assert.Equal(2, result.Remarks.Count);
        Assert.Empty(result.EventIds);
    }

    static ReadOnlyMemory<byte> Bytes(string text) => System.Text.Encoding.UTF8.GetBytes(text);

    static StateForensicsResult Resolve(Case entry) => StateForensics.Resolve(
        RoomVersion.Find(entry.RoomVersion)!, entry.Events.ConvertAll(Read), entry.StateMaps.ConvertAll(Read), trustEventIds: true);

    static ReadOnlyMemory<byte> Read(string file) => File.ReadAllBytes(Path.Combine(Folder, file));

    static List<Case> ReadCases() =>
        JsonSerializer.Deserialize<List<Case>>(Read("cases.json").Span, new JsonSerializerOptions(JsonSerializerDefaults.Web))!;

    sealed record Case(string Name, List<string> Events, List<string> StateMaps, List<string> Expected, string RoomVersion);
}
