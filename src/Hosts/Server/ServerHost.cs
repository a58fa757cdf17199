using System.Net;
using System.Security.Cryptography.X509Certificates;
using Matrix.Bus.Foundation;
using Matrix.Bus.Hosts;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Matrix.Bus.Server;

/// <summary>Builds and runs the server: configuration, database, components, bus, listeners.</summary>
public static class ServerHost
{
    /// <summary>sysexits' EX_CONFIG: a supervisor can tell a wrong configuration from a crash.</summary>
    const int WrongConfiguration = 78;

    /// <summary>Runs until SIGTERM or Ctrl-C; answers the exit code.</summary>
    public static async Task<int> Run(string[] args)
    {
        try
        {
            var builder = WebApplication.CreateSlimBuilder();
            Settings(builder.Configuration, args);
            var options = builder.Configuration.ReadMatrixBusOptions();
            builder.Services.AddMatrixBusOptions(builder.Configuration);
            builder.Logging.AddConsoleLogs(options.Telemetry);
            await using var postgres = await Database(options);
            await using var app = Build(builder, options, postgres?.ConnectionString);
            await app.Services.GetRequiredService<Migrations>().Apply(CancellationToken.None);
            await app.RunAsync();
            return 0;
        }
        catch (ConfigurationException wrong)
        {
            await Console.Error.WriteLineAsync(wrong.Message);
            return WrongConfiguration;
        }
    }

    /// <summary>A file named by <c>--config</c>, then the environment, then arguments: the later wins.</summary>
    static void Settings(ConfigurationManager configuration, string[] args)
    {
        var at = Array.IndexOf(args, "--config");
        if (at >= 0)
        {
            if (at + 1 >= args.Length || !File.Exists(args[at + 1]))
                throw new ConfigurationException([new ConfigurationError("--config", "it names no file that exists.", "Write one with: matrix-bus-tool generate-config FILE")]);
            configuration.AddJsonFile(Path.GetFullPath(args[at + 1]), optional: false);
            args = [.. args[..at], .. args[(at + 2)..]];
        }
        configuration.AddEnvironmentVariables();
        configuration.AddCommandLine(args);
    }

    /// <summary>Without a connection string the server keeps its own PostgreSQL.</summary>
    static async Task<EmbeddedPostgres?> Database(MatrixBusOptions options)
    {
        if (options.Database.ConnectionString is { Length: > 0 })
            return null;
        using var logging = LoggerFactory.Create(logging => logging.AddConsoleLogs(options.Telemetry));
        return await EmbeddedPostgres.Start(options.DataDirectory, logging.CreateLogger<EmbeddedPostgres>(), CancellationToken.None);
    }

    static WebApplication Build(WebApplicationBuilder builder, MatrixBusOptions options, string? embedded)
    {
        var services = builder.Services;
        services.AddFoundation(_ => component => options.Database.Of(component) ?? embedded!);
        services.AddProcessGuard(options.Bus.Transport);
        services.AddTelemetry(options);
        foreach (var component in AllComponents.Chosen(options))
            component.Add(services, builder.Configuration);

        if (options.Bus.Transport == BusTransport.RabbitMq)
            services.AddRabbitMqBus(Broker.Connection(options), options.Bus.Partitions);
        else
            services.AddInProcessBus(options.Bus.Partitions);

        services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(30));
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Listen(kestrel, options));

        var app = builder.Build();
        app.UseMatrixHttp();
        app.UseListenerApis(options.Listeners);
        app.MapTelemetry();
        app.MapComponents();
        return app;
    }

    static void Listen(KestrelServerOptions kestrel, MatrixBusOptions options)
    {
        kestrel.AddServerHeader = false;
        // A client that dribbles its request is cut; a long-poll's answer may take its time.
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        kestrel.Limits.MaxRequestBodySize = 64 << 20;
        foreach (var listener in options.Listeners)
        {
            var url = listener.Address();
            void Configure(ListenOptions listen)
            {
                // HTTP/2 is agreed upon during the TLS handshake; in the clear there is none to agree in.
                listen.Protocols = url.Scheme == Uri.UriSchemeHttps ? HttpProtocols.Http1AndHttp2 : HttpProtocols.Http1;
                if (url.Scheme == Uri.UriSchemeHttps)
                    listen.UseHttps(X509Certificate2.CreateFromPemFile(listener.CertificatePath!, listener.KeyPath));
            }

            if (IPAddress.TryParse(url.Host.Trim('[', ']'), out var address))
                kestrel.Listen(address, url.Port, Configure);
            else if (url.Host == "localhost")
                kestrel.ListenLocalhost(url.Port, Configure);
            else
                kestrel.ListenAnyIP(url.Port, Configure);
        }
    }
}
