using System.Globalization;
using Matrix.Bus.Harness;

namespace Matrix.Bus.Faults.Stage;

/// <summary>What a process of ours is started with, as environment variables.</summary>
sealed class ServerSettings : Dictionary<string, string>
{
    /// <summary>Settings that every process shares.</summary>
    public ServerSettings(int port, string dataDirectory, string secret)
        : base(StringComparer.Ordinal)
    {
        Url = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));
        Directory.CreateDirectory(dataDirectory);
        this["MatrixBus__ServerName"] = "faults.test";
        this["MatrixBus__DataDirectory"] = dataDirectory;
        this["MatrixBus__Listeners__0__Url"] = Url.GetLeftPart(UriPartial.Authority);
        this["MatrixBus__Listeners__0__Apis"] = "Client,Internal";
        this["MatrixBus__Registration__SharedSecret"] = secret;
        this["MatrixBus__RateLimits__Enabled"] = "false";
        this["MatrixBus__Passwords__Cost"] = "Minimal";
        this["MatrixBus__Federation__Enabled"] = "false";
        // Four cores for a dozen processes: each takes what it needs, not what one alone would.
        this["DOTNET_gcServer"] = "0";
    }

    /// <summary>Where it listens.</summary>
    public Uri Url { get; }

    /// <summary>Starts the server with them.</summary>
    public ServerProcess Start(string name, string log)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(log)!);
        return ServerProcess.Start(name, log, ["dotnet", Repository.Server], this);
    }
}
