namespace Matrix.Bus.Faults.Tests;

/// <summary>Short runs with fixed seeds; the long ones are the program's.</summary>
[Trait("Pace", "Slow")]
public sealed class FaultRunTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("one", 3)]
    [InlineData("split", 3)]
    public async Task Nothing_acknowledged_is_lost_doubled_or_reordered(string shape, int seed)
    {
        var text = new StringWriter();
        List<string> arguments = ["--seed", $"{seed}", "--minutes", "0.5", "--faults", "8", "--shape", shape];
        if (Environment.GetEnvironmentVariable("MATRIX_BUS_LOGS") is { Length: > 0 } logs)
            arguments.AddRange(["--logs", Path.Combine(logs, $"faults-{shape}")]);
        try
        {
            Assert.Empty(await new FaultRun(FaultOptions.Parse(arguments), text).Run(TestContext.Current.CancellationToken));
        }
        finally
        {
            output.WriteLine(text.ToString());
        }
    }
}
