using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Matrix.Bus.Foundation;
using Microsoft.Extensions.Configuration;

namespace Matrix.Bus.Components.Tests.Foundation.Configuration;

public sealed partial class SampleConfigurationTests
{
    [Fact]
    public void The_sample_is_read_as_the_defaults()
    {
        var read = Parse(Sample()).ReadMatrixBusOptions();
        var defaults = new ConfigurationBuilder().Build().ReadMatrixBusOptions();

        Assert.Equal(JsonSerializer.Serialize(defaults), JsonSerializer.Serialize(read));
    }

    [Fact]
    public void Every_key_of_the_sample_is_explained()
    {
        var lines = Sample().Split('\n');

        foreach (var (line, index) in lines.Select((line, index) => (line, index)).Where(each => Key().IsMatch(each.line) && !each.line.Contains("\"MatrixBus\"", StringComparison.Ordinal)))
            Assert.Matches(@"^\s*// +[A-Z*]?[^""]", lines[index - 1]);
    }

    [Fact]
    public void Every_key_that_is_commented_out_exists()
    {
        var uncommented = Commented().Replace(Sample(), "$1$2");
        var lines = uncommented.Split('\n').Where(line => !line.TrimStart().StartsWith("//", StringComparison.Ordinal));

        // Files that the examples name are not here; every other complaint would be the sample's mistake.
        var refused = Assert.Throws<ConfigurationException>(() => Parse(string.Join('\n', lines)).ReadMatrixBusOptions());

        Assert.All(refused.Errors, error => Assert.True(
            error.Reason.StartsWith("there is no file", StringComparison.Ordinal)
            || error.Reason.StartsWith("there is no directory", StringComparison.Ordinal)
            || error.Reason.StartsWith("a certificate goes with", StringComparison.Ordinal)
            || error.Reason.StartsWith("the in-memory bus cannot reach", StringComparison.Ordinal), error.ToString()));
    }

    [Fact]
    public void Values_can_be_filled_in()
    {
        var writer = new StringWriter();
        SampleConfiguration.Write(writer, new Dictionary<string, string> { ["ServerName"] = "example.org", ["Registration:SharedSecret"] = "0123456789abcdef\"" });

        var options = Parse(writer.ToString()).ReadMatrixBusOptions();

        Assert.Equal("example.org", options.ServerName);
        Assert.Equal("0123456789abcdef\"", options.Registration.SharedSecret);
    }

    static string Sample()
    {
        var writer = new StringWriter();
        SampleConfiguration.Write(writer);
        return writer.ToString();
    }

    static IConfigurationRoot Parse(string json) =>
        new ConfigurationBuilder().AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(json))).Build();

    [GeneratedRegex("""^\s*(//\s+)?"[A-Za-z]+":""", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Key();

    [GeneratedRegex("""^(\s*)//(\s+"[A-Za-z]+":.*|\s+[{}\[\]],?)$""", RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Commented();
}
