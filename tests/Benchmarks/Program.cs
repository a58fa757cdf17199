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
    default:
        Console.Error.WriteLine(LoadOptions.Usage);
        return 2;
}
