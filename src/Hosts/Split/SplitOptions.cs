using System.Net;
using System.Net.Sockets;
using System.Reflection;

namespace Matrix.Bus.Split;

/// <summary>What a split server on one machine is told: its own few words, and what it passes on to every process.</summary>
sealed record SplitOptions
{
    static readonly Dictionary<string, string?> Facts = typeof(SplitOptions).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>()
        .Where(fact => fact.Key is "RepositoryRoot" or "Configuration")
        .ToDictionary(fact => fact.Key, fact => fact.Value);

    /// <summary>Where clients find the server.</summary>
    public required string Listen { get; init; }

    /// <summary>Everything is kept below it.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Passed on to every process.</summary>
    public required IReadOnlyList<string> ServerArguments { get; init; }

    /// <summary>The broker, the gateway's configuration and the logs.</summary>
    public string OwnDirectory => Path.Combine(DataDirectory, "split");

    public static string Root => Facts["RepositoryRoot"]!;

    public static string Server => Path.Combine(Root, "src/Hosts/Server/bin", Facts["Configuration"]!, "net10.0/matrix-bus.dll");

    public static SplitOptions Read(string[] arguments)
    {
        var listen = "127.0.0.1:8008";
        var data = Environment.GetEnvironmentVariable("MatrixBus__DataDirectory") ?? "data";
        var rest = new List<string>();
        for (var i = 0; i < arguments.Length; i++)
        {
            var (key, value) = arguments[i].Split('=', 2) is [var k, var v] ? (k, v) : (arguments[i], null);
            switch (key.ToLowerInvariant())
            {
                case "--listen":
                    listen = value ?? arguments.ElementAtOrDefault(++i) ?? listen;
                    break;
                case "--matrixbus:datadirectory":
                    data = value ?? arguments.ElementAtOrDefault(++i) ?? data;
                    break;
                default:
                    rest.Add(arguments[i]);
                    break;
            }
        }

        return new() { Listen = listen, DataDirectory = Path.GetFullPath(data), ServerArguments = rest };
    }

    /// <summary>Ports on loopback that nobody listens on.</summary>
    public static int[] FreePorts(int count)
    {
        var sockets = Enumerable.Range(0, count).Select(_ =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            return socket;
        }).ToList();
        // Held until the last is chosen, or the same one would come twice.
        var ports = sockets.ConvertAll(socket => ((IPEndPoint)socket.LocalEndPoint!).Port);
        sockets.ForEach(socket => socket.Dispose());
        return [.. ports];
    }
}
