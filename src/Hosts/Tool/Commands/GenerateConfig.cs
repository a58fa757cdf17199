using System.Security.Cryptography;
using Matrix.Bus.Foundation;

namespace Matrix.Bus.Tool.Commands;

/// <summary><c>generate-config [FILE] [--server-name=NAME]</c></summary>
static class GenerateConfig
{
    public const string Usage = "generate-config [FILE] [--server-name=NAME]";

    public static async Task<int> Run(string[] args)
    {
        var arguments = new ToolArguments(args, Usage, "server-name");
        // Made here, for this file alone: there is no secret that two servers share by default.
        var values = new Dictionary<string, string> { ["Registration:SharedSecret"] = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)) };
        if (arguments["server-name"] is { } name)
            values["ServerName"] = name;

        if (arguments.Values is not [var file])
        {
            SampleConfiguration.Write(Console.Out, values);
            return 0;
        }
        var create = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            create.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        await using var output = new StreamWriter(file, create);
        SampleConfiguration.Write(output, values);
        Console.WriteLine($"Wrote {file}, readable by you alone: it holds a secret.");
        return 0;
    }
}
