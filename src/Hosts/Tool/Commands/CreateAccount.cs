using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Users;

namespace Matrix.Bus.Tool.Commands;

/// <summary><c>create-account NAME [--password=P] [--admin]</c></summary>
static class CreateAccount
{
    public const string Usage = "create-account NAME [--password=PASSWORD] [--admin]";

    public static async Task<int> Run(string[] args)
    {
        var arguments = new ToolArguments(args, Usage, "password", "admin");
        if (arguments.Values is not [var name])
            throw new UsageException($"Usage: {Usage}");
        var password = arguments["password"] ?? Ask();

        await using var server = await Borrowed.Start(arguments, ComponentNames.UserApi);
        try
        {
            var created = await server.Services.GetRequiredService<ICalls>().Ask(
                new PerformAccountCreation { Localpart = name, Password = password, IsAdmin = arguments.Has("admin") }, CancellationToken.None);
            Console.WriteLine($"Created {created.UserId}{(arguments.Has("admin") ? ", an administrator" : "")}.");
            return 0;
        }
        catch (RefusedException refused)
        {
            await Console.Error.WriteLineAsync(refused.Message);
            return 1;
        }
    }

    /// <summary>Asked for without echo on a terminal; read as a line from a pipe.</summary>
    static string Ask()
    {
        if (Console.IsInputRedirected)
            return Console.ReadLine() is { Length: > 0 } piped ? piped : throw new UsageException("No password was given.");

        Console.Error.Write("Password: ");
        var typed = new System.Text.StringBuilder();
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
        {
            if (key.Key == ConsoleKey.Backspace)
                typed.Length = Math.Max(0, typed.Length - 1);
            else
                typed.Append(key.KeyChar);
        }
        Console.Error.WriteLine();
        return typed.Length > 0 ? typed.ToString() : throw new UsageException("No password was given.");
    }
}
