using Matrix.Bus.Foundation;
using Matrix.Bus.Hosts;

namespace Matrix.Bus.Tool;

/// <summary>The server's own components in the tool's process, on the server's database: what a command does is what the server does.</summary>
sealed class Borrowed : IAsyncDisposable
{
    readonly IHost _host;
    readonly EmbeddedPostgres? _postgres;

    Borrowed(IHost host, EmbeddedPostgres? postgres) => (_host, _postgres) = (host, postgres);

    public IServiceProvider Services => _host.Services;

    /// <summary>Starts them; a private database that no server is running is started for as long as the command takes.</summary>
    public static async Task<Borrowed> Start(ToolArguments arguments, params string[] components)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddConfiguration(arguments.Configuration);
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddSimpleConsole(console => console.SingleLine = true);
        var options = arguments.Options;
        builder.Services.AddMatrixBusOptions(builder.Configuration);

        var embedded = options.Database.ConnectionString is { Length: > 0 } ? null : EmbeddedPostgres.ConnectionStringOfRunning(options.DataDirectory);
        EmbeddedPostgres? postgres = null;
        if (options.Database.ConnectionString is not { Length: > 0 } && embedded is null)
        {
            postgres = await EmbeddedPostgres.Start(options.DataDirectory, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance, CancellationToken.None);
            embedded = postgres.ConnectionString;
        }

        builder.Services.AddFoundation(_ => component => options.Database.Of(component) ?? embedded!);
        foreach (var component in AllComponents.Entries.Where(entry => components.Length == 0 || components.Contains(entry.Name)))
            component.Add(builder.Services, builder.Configuration);
        // Roads for what the components tell each other; nothing is started, so nobody listens, and the server reads what it missed.
        builder.Services.AddInProcessBus(options.Bus.Partitions);
        var host = builder.Build();
        await host.Services.GetRequiredService<Migrations>().Apply(CancellationToken.None);
        return new Borrowed(host, postgres);
    }

    public async ValueTask DisposeAsync()
    {
        _host.Dispose();
        if (_postgres is not null)
            await _postgres.DisposeAsync();
    }
}
