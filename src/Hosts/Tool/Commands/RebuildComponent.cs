using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Sync.Storage;

namespace Matrix.Bus.Tool.Commands;

/// <summary><c>rebuild COMPONENT</c></summary>
static class RebuildComponent
{
    public const string Usage = "rebuild COMPONENT";

    public static async Task<int> Run(string[] args)
    {
        var arguments = new ToolArguments(args, Usage);
        if (arguments.Values is not [var component])
            throw new UsageException($"Usage: {Usage}");
        if (component != ComponentNames.Sync)
            throw new UsageException($"{component} keeps nothing that is rebuilt from logs; {ComponentNames.Sync} does.");

        await using var server = await Borrowed.Start(arguments, component);
        await Rebuild.Run(server.Services.GetRequiredService<DataSources>().Of(component), CancellationToken.None);
        Console.WriteLine($"{component} has forgotten its copy; its hosts, now or when they start, read the logs again.");
        return 0;
    }
}
