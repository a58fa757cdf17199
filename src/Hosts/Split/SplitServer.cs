using System.Net.Sockets;
using Matrix.Bus.Foundation;
using Microsoft.Extensions.Logging;

namespace Matrix.Bus.Split;

/// <summary>
/// The server as several processes on this machine: a private RabbitMQ, a private PostgreSQL, the components in five
/// processes, and a gateway before them. For trying out and developing; an installation uses its own supervisor.
/// </summary>
static class SplitServer
{
    static readonly (string Name, string[] Components)[] Parts =
    [
        ("users", ["UserApi", "EduServer", "Receipts"]),
        ("room-server-1", ["RoomServer"]),
        ("room-server-2", ["RoomServer"]),
        ("sync", ["Sync"]),
        ("client-api", ["ClientApi"]),
    ];

    /// <summary>Runs until <paramref name="stop"/>; answers the exit code.</summary>
    public static async Task<int> Run(SplitOptions options, CancellationToken stop)
    {
        Directory.CreateDirectory(options.OwnDirectory);
        using var logging = LoggerFactory.Create(logging => logging.AddSimpleConsole(console => console.SingleLine = true));
        // In this order down again: the gateway, the server, the broker, the database.
        using var servers = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using var infrastructure = new CancellationTokenSource();
        var kept = new List<Task<int?>>();
        var broker = Task.FromResult<int?>(null);
        try
        {
            Console.WriteLine("Starting PostgreSQL and RabbitMQ …");
            var database = EmbeddedPostgres.Start(options.DataDirectory, logging.CreateLogger<EmbeddedPostgres>(), stop);
            var rabbitMq = new PrivateRabbitMq(options.OwnDirectory);
            broker = rabbitMq.Keep(infrastructure.Token);
            await using var postgres = await database;
            try
            {
                await rabbitMq.WaitUntilReady(stop);
                var ports = SplitOptions.FreePorts(Parts.Length * 2);
                var children = Parts.Select((part, i) => Part(options, part.Name, part.Components, ports[i * 2], ports[i * 2 + 1],
                    postgres.ConnectionString, rabbitMq)).ToList();
                kept.AddRange(children.Select(child => child.Keep(servers.Token)));
                kept.Add(Gateway(options, client: ports[9], sync: ports[7]).Keep(servers.Token));

                Console.WriteLine("Starting the server …");
                await WaitUntilReady(Parts.Select((_, i) => ports[i * 2]), kept, stop);
                Console.WriteLine($"The server is ready at http://{options.Listen}: " +
                    string.Join(", ", children.Select(child => $"{child.Name} (pid {child.Process?.Id})")) + $". Logs: {options.OwnDirectory}");
                return await await Task.WhenAny(kept) ?? 0;
            }
            finally
            {
                if (stop.IsCancellationRequested)
                    Console.WriteLine("Stopping …");
                await servers.CancelAsync();
                await Task.WhenAll(kept);
                RemoveGatewayBuffers(options);
                await infrastructure.CancelAsync();
                await broker;
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return 0;
        }
        catch (Exception failure) when (failure is InvalidOperationException or TimeoutException)
        {
            await Console.Error.WriteLineAsync(failure.Message);
            return kept.Select(child => child.IsCompletedSuccessfully ? child.Result : null).FirstOrDefault(code => code is not null) ?? 1;
        }
        finally
        {
            await infrastructure.CancelAsync();
            await broker;
        }
    }

    static Child Part(SplitOptions options, string name, string[] components, int internalPort, int clientPort,
        string connectionString, PrivateRabbitMq rabbitMq)
    {
        var environment = new Dictionary<string, string>
        {
            ["MatrixBus__DataDirectory"] = options.DataDirectory,
            ["MatrixBus__Bus__Transport"] = "RabbitMq",
            ["MatrixBus__Bus__RabbitMq__Host"] = "127.0.0.1",
            ["MatrixBus__Bus__RabbitMq__Port"] = $"{rabbitMq.Port}",
            ["MatrixBus__Bus__RabbitMq__VirtualHost"] = "/",
            ["MatrixBus__Bus__RabbitMq__Username"] = "matrix-bus",
            ["MatrixBus__Bus__RabbitMq__Password"] = rabbitMq.Password,
            ["MatrixBus__Database__ConnectionString"] = connectionString,
            ["MatrixBus__Listeners__0__Url"] = $"http://127.0.0.1:{internalPort}",
            ["MatrixBus__Listeners__0__Apis__0"] = "Internal",
        };
        if (name is "client-api" or "sync")
        {
            environment["MatrixBus__Listeners__1__Url"] = $"http://127.0.0.1:{clientPort}";
            environment["MatrixBus__Listeners__1__Apis__0"] = "Client";
        }

        foreach (var (index, component) in components.Index())
            environment[$"MatrixBus__Components__{index}"] = component;
        return new(name, Path.Combine(options.OwnDirectory, $"{name}.log"),
            ["dotnet", SplitOptions.Server, .. options.ServerArguments], environment);
    }

    static Child Gateway(SplitOptions options, int client, int sync) => new(
        "gateway", Path.Combine(options.OwnDirectory, "gateway.log"),
        [
            Path.Combine(SplitOptions.Root, "src/Hosts/Gateway/gateway"), Path.Combine(options.OwnDirectory, "gateway"),
            options.Listen, $"127.0.0.1:{client}", $"127.0.0.1:{sync}",
        ],
        new Dictionary<string, string>());

    static void RemoveGatewayBuffers(SplitOptions options)
    {
        var named = Path.Combine(options.OwnDirectory, "gateway/buffers");
        if (File.Exists(named) && File.ReadAllText(named).Trim() is var buffers && Directory.Exists(buffers))
            Directory.Delete(buffers, recursive: true);
    }

    static async Task WaitUntilReady(IEnumerable<int> internalPorts, List<Task<int?>> kept, CancellationToken stop)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(2) };
        foreach (var port in internalPorts)
        {
            await Poll.Until(async () =>
            {
                if (kept.Exists(child => child.IsCompleted))
                    throw new InvalidOperationException("The server did not start.");
                using var answer = await http.GetAsync(new Uri($"http://127.0.0.1:{port}/health/ready"), stop);
                return answer.IsSuccessStatusCode;
            }, TimeSpan.FromSeconds(120), "The server does not become ready; see the logs in data/split.", stop);
        }
    }
}

/// <summary>The broker of a split server on one machine.</summary>
sealed class PrivateRabbitMq
{
    readonly string directory;
    readonly Child child;

    public PrivateRabbitMq(string parent)
    {
        directory = Path.Combine(parent, "rabbitmq");
        var ports = SplitOptions.FreePorts(4);
        Port = ports[0];
        child = new("rabbitmq", Path.Combine(parent, "rabbitmq.log"),
            [Path.Combine(SplitOptions.Root, "deploy/private-rabbitmq"), directory, .. ports.Select(port => $"{port}")],
            new Dictionary<string, string>());
    }

    public int Port { get; }

    public string Password => File.ReadAllText(Path.Combine(directory, "password"));

    public Task<int?> Keep(CancellationToken cancel) => child.Keep(cancel);

    public Task WaitUntilReady(CancellationToken stop) => Poll.Until(async () =>
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync("127.0.0.1", Port, stop);
        return true;
    }, TimeSpan.FromSeconds(90), $"RabbitMQ does not start; see {child.LogFile}.", stop);
}

/// <summary>Waits for conditions.</summary>
static class Poll
{
    public static async Task Until(Func<Task<bool>> condition, TimeSpan within, string complaint, CancellationToken cancel)
    {
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        var clock = System.Diagnostics.Stopwatch.StartNew();
        while (clock.Elapsed < within)
        {
            try
            {
                if (await condition())
                    return;
            }
            catch (Exception failure) when (failure is HttpRequestException or SocketException ||
                (failure is TaskCanceledException && !cancel.IsCancellationRequested))
            {
                // Not there yet.
            }

            await tick.WaitForNextTickAsync(cancel);
        }

        throw new TimeoutException(complaint);
    }
}
