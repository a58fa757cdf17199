using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Matrix.Bus.Benchmarks.Load;

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};

switch (args)
{
    case ["load", .. var rest]:
        try
        {
            return await LoadCommand.Run(LoadOptions.Parse(rest), stop.Token);
        }
        catch (FormatException wrong)
        {
            Console.Error.WriteLine(wrong.Message);
            Console.Error.WriteLine(LoadOptions.Usage);
            return 2;
        }
    case ["micro", .. var rest]:
        // In this process: the project that a benchmark is otherwise built in would not find this repository's settings.
        var job = Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance);
        BenchmarkSwitcher.FromAssembly(typeof(LoadCommand).Assembly)
            .Run(rest.Length == 0 ? ["--filter", "*"] : rest, DefaultConfig.Instance.AddJob(job));
        return 0;
    default:
        Console.Error.WriteLine("micro [--filter PATTERN]   benchmarks of pure code, by BenchmarkDotNet");
        Console.Error.WriteLine(LoadOptions.Usage);
        return 2;
}
