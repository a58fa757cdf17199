using Matrix.Bus.Clients.History;
using Matrix.Bus.Faults;

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};

try
{
    var findings = await new FaultRun(FaultOptions.Parse(args), Console.Out).Run(stop.Token);
    var failed = findings.Select(finding => finding.Invariant).Distinct().Count();
    Console.Out.WriteLine($"{Enum.GetValues<Invariant>().Length - failed} passed, {failed} failed");
    return failed == 0 ? 0 : 1;
}
catch (FormatException wrong)
{
    Console.Error.WriteLine(wrong.Message);
    Console.Error.WriteLine(FaultOptions.Usage);
    return 2;
}
