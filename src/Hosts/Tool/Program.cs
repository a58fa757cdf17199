using Matrix.Bus.Foundation;
using Matrix.Bus.Tool;
using Matrix.Bus.Tool.Commands;

return await (args.FirstOrDefault() switch
{
    "create-account" => Guarded(() => CreateAccount.Run(args[1..])),
    "generate-config" => Guarded(() => GenerateConfig.Run(args[1..])),
    "migrate" => Guarded(() => Migrate.Run(args[1..])),
    "deploy-topology" => Guarded(() => DeployTopology.Run(args[1..])),
    "rebuild" => Guarded(() => RebuildComponent.Run(args[1..])),
    "resolve-state" => Task.FromResult(ResolveState.Run(args[1..], Console.Out, Console.Error)),
    _ => Task.FromResult(Usage(args.FirstOrDefault())),
});

static async Task<int> Guarded(Func<Task<int>> command)
{
    try
    {
        return await command();
    }
    catch (ConfigurationException wrong)
    {
        await Console.Error.WriteLineAsync(wrong.Message);
        return 78;
    }
    catch (Exception failure) when (failure is UsageException or InvalidOperationException or Npgsql.NpgsqlException or IOException)
    {
        await Console.Error.WriteLineAsync(failure.Message);
        return failure is UsageException ? 2 : 1;
    }
}

static int Usage(string? command)
{
    var output = command is null or "help" or "--help" or "-h" ? Console.Out : Console.Error;
    if (output == Console.Error)
        output.WriteLine($"There is no command '{command}'.\n");
    output.WriteLine($"""
        matrix-bus-tool COMMAND [ARGUMENT...]

          {CreateAccount.Usage}
              Makes an account; asks for the password if none is given.
          {GenerateConfig.Usage}
              Writes a configuration file with every key explained.
          {Migrate.Usage}
              Brings the database of every component up to date.
          {DeployTopology.Usage}
              Declares the server's exchanges and queues, or prints them as a definitions file.
          {RebuildComponent.Usage}
              Forgets what a component keeps from the logs; it then reads them again.
          {ResolveState.Usage}
              Resolves the state of a room from files of events.

        Settings are the server's: arguments such as --MatrixBus:Database:ConnectionString=…, environment variables such as
        MatrixBus__DataDirectory, or --config FILE.
        """);
    return output == Console.Out ? 0 : 2;
}
