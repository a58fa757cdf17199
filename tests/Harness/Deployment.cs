using System.Security.Cryptography;
using System.Text;

namespace Matrix.Bus.Harness;

/// <summary>
/// A real server for tests: the built program in one or several processes on loopback, reached by its public API
/// alone. Everything it started ends with it, and with the test process, however that ends.
/// </summary>
public sealed class Deployment : IAsyncDisposable
{
    static readonly SemaphoreSlim Gate = new(1);
    static readonly Dictionary<Shape, Deployment> SharedOnes = [];

    readonly DeploymentOptions options;
    readonly TemporaryDirectory directory = new();
    readonly List<ServerProcess> processes = [];
    readonly Dictionary<ServerProcess, Uri> health = [];
    readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(5) };
    RabbitMqAccess? broker;

    Deployment(Shape shape, DeploymentOptions options) => (Shape, this.options) = (shape, options);

    /// <summary>In how many processes it runs.</summary>
    public Shape Shape { get; }

    /// <summary>The server's name, as in user ids.</summary>
    public string ServerName => options.ServerName;

    /// <summary>Where clients find it.</summary>
    public Uri BaseUrl { get; private set; } = null!;

    /// <summary>The secret of shared-secret registration.</summary>
    public string RegistrationSharedSecret { get; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    /// <summary>The server's processes, without the gateway.</summary>
    public IReadOnlyList<ServerProcess> Processes => processes;

    /// <summary>What stands before the processes of <see cref="Harness.Shape.Split"/>.</summary>
    public ServerProcess? Gateway { get; private set; }

    /// <summary>The broker of <see cref="Harness.Shape.Split"/>.</summary>
    public PrivateRabbitMq? RabbitMq { get; private set; }

    /// <summary>The database of <see cref="Harness.Shape.Split"/>; in one process it is the server's own.</summary>
    public PrivatePostgres? Postgres { get; private set; }

    /// <summary>How to connect to the database of <see cref="Harness.Shape.Split"/>, for a look behind the curtain.</summary>
    public string? ConnectionString { get; private set; }

    /// <summary>The data directory: the signing key and, in one process, the database.</summary>
    public string DataDirectory => directory["data"];

    /// <summary>Starts one and returns when it is ready for clients.</summary>
    /// <exception cref="InvalidOperationException">It did not start; the message has the ends of all logs.</exception>
    public static async Task<Deployment> Start(
        Shape shape, DeploymentOptions? options = null, CancellationToken cancel = default)
    {
        var deployment = new Deployment(shape, options ?? new());
        try
        {
            if (shape == Shape.One)
                deployment.StartOne();
            else
                await deployment.StartSplit(cancel);
            await deployment.WaitUntilReady(cancel);
            return deployment;
        }
        catch (Exception failure)
        {
            var logs = deployment.Logs();
            await deployment.DisposeAsync();
            if (failure is OperationCanceledException)
                throw;
            throw new InvalidOperationException($"The deployment ({shape}) did not start: {failure.Message}\n{logs}", failure);
        }
    }

    /// <summary>The one of this shape that all tests of this process share; tests make users and rooms of their own in it.</summary>
    public static async Task<Deployment> Shared(Shape shape, CancellationToken cancel = default)
    {
        await Gate.WaitAsync(cancel);
        try
        {
            if (!SharedOnes.TryGetValue(shape, out var shared))
                SharedOnes.Add(shape, shared = await Start(shape, cancel: cancel));
            return shared;
        }
        finally
        {
            Gate.Release();
        }
    }

    /// <summary>The process of this name: <c>matrix-bus</c>; or <c>client-api</c>, <c>sync</c>, <c>room-server-1</c>, <c>room-server-2</c>, <c>users</c>.</summary>
    public ServerProcess Process(string name) => processes.Single(process => process.Name == name);

    /// <summary>Returns when all processes say they are ready, and clients reach them.</summary>
    /// <exception cref="TimeoutException">They are not, in time.</exception>
    public async Task WaitUntilReady(CancellationToken cancel = default)
    {
        foreach (var process in processes)
        {
            await Wait.Until(() => IsReady(process, cancel), options.StartWithin, cancel, $"{process.Name} is ready");
        }

        await Wait.Until(() => Answers(new(BaseUrl, "/_matrix/client/versions"), cancel), options.StartWithin, cancel,
            $"{BaseUrl} answers");
    }

    /// <summary>Whether a process says it is ready (<c>/health/ready</c>).</summary>
    public Task<bool> IsReady(ServerProcess process, CancellationToken cancel = default) =>
        process.IsRunning
            ? Answers(new(health[process], "/health/ready"), cancel)
            : throw new InvalidOperationException($"{process.Name} has ended.");

    /// <summary>Where a process serves health and metrics.</summary>
    public Uri InternalUrl(ServerProcess process) => health[process];

    /// <summary>The ends of all logs.</summary>
    public string Logs(int lines = 60)
    {
        var text = new StringBuilder();
        foreach (var process in processes.Append(Gateway).OfType<ServerProcess>())
            text.Append($"---- {process.Name} (pid {process.Pid}{(process.IsRunning ? "" : ", ended")})\n{process.LogTail(lines)}\n");
        return text.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(processes.Append(Gateway).OfType<ServerProcess>().Select(process => process.DisposeAsync().AsTask()));
        http.Dispose();
        if (Shape == Shape.One)
            await StopLeftPostgres();
        if (options.OwnInfrastructure)
        {
            if (RabbitMq is not null)
                await RabbitMq.DisposeAsync();
            if (Postgres is not null)
                await Postgres.DisposeAsync();
        }
        else if (broker is not null)
        {
            await RabbitMq!.Remove(broker);
        }

        KeepLogs();
        directory.Dispose();
    }

    void StartOne()
    {
        Watchdog.GuardPostmaster(PostmasterFile);
        var client = LoopbackPorts.Next();
        Launch("matrix-bus", [], client, []);
        BaseUrl = new($"http://127.0.0.1:{client}");
    }

    async Task StartSplit(CancellationToken cancel)
    {
        var rabbit = options.OwnInfrastructure ? PrivateRabbitMq.Start(cancel) : PrivateRabbitMq.Shared(cancel);
        Postgres = await (options.OwnInfrastructure ? PrivatePostgres.Start(cancel) : PrivatePostgres.Shared(cancel));
        RabbitMq = await rabbit;
        broker = await RabbitMq.NewVirtualHost(cancel);
        ConnectionString = await Postgres.NewDatabase(cancel);
        var common = new Dictionary<string, string>
        {
            ["Bus:Transport"] = "RabbitMq",
            ["Bus:RabbitMq:Host"] = "127.0.0.1",
            ["Bus:RabbitMq:Port"] = $"{broker.Port}",
            ["Bus:RabbitMq:VirtualHost"] = broker.VirtualHost,
            ["Bus:RabbitMq:Username"] = broker.Username,
            ["Bus:RabbitMq:Password"] = broker.Password,
            ["Database:ConnectionString"] = ConnectionString,
        };

        int client = LoopbackPorts.Next(), sync = LoopbackPorts.Next(), gateway = LoopbackPorts.Next();
        Launch("users", ["UserApi", "EduServer", "Receipts"], null, common);
        Launch("room-server-1", ["RoomServer"], null, common);
        Launch("room-server-2", ["RoomServer"], null, common);
        Launch("sync", ["Sync"], sync, common);
        Launch("client-api", ["ClientApi"], client, common);
        Gateway = ServerProcess.Start("gateway", directory["gateway.log"],
        [
            Path.Combine(Repository.Root, "src/Hosts/Gateway/gateway"), directory["gateway"],
            $"127.0.0.1:{gateway}", $"127.0.0.1:{client}", $"127.0.0.1:{sync}",
        ],
        new Dictionary<string, string> { ["GATEWAY_BUFFERS"] = directory["buffers"] });
        BaseUrl = new($"http://127.0.0.1:{gateway}");
    }

    void Launch(string name, string[] components, int? clientPort, Dictionary<string, string> settings)
    {
        var internalPort = LoopbackPorts.Next();
        var all = new Dictionary<string, string>(settings)
        {
            ["ServerName"] = options.ServerName,
            ["DataDirectory"] = DataDirectory,
            ["Registration:SharedSecret"] = RegistrationSharedSecret,
            ["Passwords:Cost"] = "Minimal",
            ["RateLimits:Enabled"] = "false",
            ["Listeners:0:Url"] = $"http://127.0.0.1:{internalPort}",
            ["Listeners:0:Apis:0"] = "Internal",
        };
        if (clientPort is { } port)
        {
            all["Listeners:1:Url"] = $"http://127.0.0.1:{port}";
            all["Listeners:1:Apis:0"] = "Client";
        }

        foreach (var (index, component) in components.Index())
            all[$"Components:{index}"] = component;
        foreach (var (key, value) in options.Settings)
            all[key] = value;

        // As environment variables: arguments can be read by every user of the machine, and some are secrets.
        var environment = all.ToDictionary(
            setting => $"MatrixBus__{setting.Key.Replace(":", "__", StringComparison.Ordinal)}", setting => setting.Value);
        environment["DOTNET_NOLOGO"] = "1";
        var process = ServerProcess.Start(name, directory[$"{name}.log"], ["dotnet", Repository.Server], environment);
        processes.Add(process);
        health[process] = new($"http://127.0.0.1:{internalPort}");
    }

    async Task<bool> Answers(Uri url, CancellationToken cancel)
    {
        using var answer = await http.GetAsync(url, cancel);
        return answer.IsSuccessStatusCode;
    }

    string PostmasterFile => Path.Combine(DataDirectory, "postgres/data/postmaster.pid");

    /// <summary>A server that was killed leaves its database for its next start, which there is none of.</summary>
    async Task StopLeftPostgres()
    {
        if (File.Exists(PostmasterFile) && int.Parse(File.ReadLines(PostmasterFile).First()) is var pid && Signals.IsNamed(pid, "postgres"))
        {
            Signals.Send(pid, Signals.Quit);
            await Wait.Until(() => !File.Exists(PostmasterFile), TimeSpan.FromSeconds(10));
        }

        Watchdog.ForgetPostmaster(PostmasterFile);
    }

    /// <summary>Copies the logs to where <c>MATRIX_BUS_LOGS</c> says, for whoever looks at a failed run later.</summary>
    void KeepLogs()
    {
        if (Environment.GetEnvironmentVariable("MATRIX_BUS_LOGS") is not { Length: > 0 } kept)
            return;
        var target = System.IO.Directory.CreateDirectory(Path.Combine(kept, $"{Shape}-{Path.GetFileName(directory.Directory)}")).FullName;
        foreach (var log in System.IO.Directory.EnumerateFiles(directory.Directory, "*.log"))
            File.Copy(log, Path.Combine(target, Path.GetFileName(log)), overwrite: true);
    }
}
