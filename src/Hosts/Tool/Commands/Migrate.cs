namespace Matrix.Bus.Tool.Commands;

/// <summary><c>migrate</c></summary>
static class Migrate
{
    public const string Usage = "migrate";

    public static async Task<int> Run(string[] args)
    {
        var arguments = new ToolArguments(args, Usage);
        await using var server = await Borrowed.Start(arguments);
        Console.WriteLine("Every schema is up to date.");
        return 0;
    }
}
