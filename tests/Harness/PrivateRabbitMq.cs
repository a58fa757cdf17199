using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;

namespace Matrix.Bus.Harness;

/// <summary>
/// A RabbitMQ for tests, on loopback alone, beside one that the machine may run: started once for a run, and a
/// virtual host with an account of its own for each deployment.
/// </summary>
public sealed class PrivateRabbitMq : IAsyncDisposable
{
    static readonly SemaphoreSlim Gate = new(1);
    static PrivateRabbitMq? shared;

    readonly TemporaryDirectory directory;
    readonly HttpClient management;
    int hosts;

    PrivateRabbitMq(TemporaryDirectory directory, ServerProcess process, HttpClient management, int port)
    {
        (this.directory, Process, this.management) = (directory, process, management);
        Port = port;
    }

    /// <summary>The broker's process: to be killed, paused and started again.</summary>
    public ServerProcess Process { get; }

    /// <summary>Where it speaks AMQP on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>Its management API (paths begin with <c>api/</c>), as administrator.</summary>
    public HttpClient Management => management;

    /// <summary>The one that all tests of this process share; it ends with the process.</summary>
    public static async Task<PrivateRabbitMq> Shared(CancellationToken cancel = default)
    {
        await Gate.WaitAsync(cancel);
        try
        {
            return shared ??= await Start(cancel);
        }
        finally
        {
            Gate.Release();
        }
    }

    /// <summary>Starts one of its own, for a test that kills it.</summary>
    public static async Task<PrivateRabbitMq> Start(CancellationToken cancel = default)
    {
        var directory = new TemporaryDirectory();
        int amqp = LoopbackPorts.Next(), http = LoopbackPorts.Next();
        string[] command =
        [
            Path.Combine(Repository.Root, "deploy/private-rabbitmq"), directory["rabbitmq"],
            $"{amqp}", $"{http}", $"{LoopbackPorts.Next()}", $"{LoopbackPorts.Next()}",
        ];
        var process = ServerProcess.Start("rabbitmq", directory["rabbitmq.log"], command);
        var client = new HttpClient { BaseAddress = new($"http://127.0.0.1:{http}/") };
        var broker = new PrivateRabbitMq(directory, process, client, amqp);
        try
        {
            await broker.WaitUntilReady(cancel);
            return broker;
        }
        catch
        {
            await broker.DisposeAsync();
            throw;
        }
    }

    /// <summary>Returns when the broker answers; after a restart, for instance.</summary>
    /// <exception cref="TimeoutException">It does not; the message has the end of its log.</exception>
    public async Task WaitUntilReady(CancellationToken cancel = default)
    {
        try
        {
            await Wait.Until(Answers, TimeSpan.FromSeconds(60), cancel);
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"RabbitMQ does not answer. The end of its log:\n{Process.LogTail()}", late);
        }
    }

    /// <summary>Makes a virtual host and an account that may do everything in it and nothing elsewhere.</summary>
    public async Task<RabbitMqAccess> NewVirtualHost(CancellationToken cancel = default)
    {
        var access = new RabbitMqAccess(Port, $"test-{Interlocked.Increment(ref hosts)}",
            $"user-{hosts}", Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(12)));
        await Put($"api/vhosts/{access.VirtualHost}", new { }, cancel);
        await Put($"api/users/{access.Username}", new { password = access.Password, tags = "" }, cancel);
        await Put($"api/permissions/{access.VirtualHost}/{access.Username}",
            new { configure = ".*", write = ".*", read = ".*" }, cancel);
        return access;
    }

    /// <summary>Removes a virtual host with everything in it.</summary>
    public async Task Remove(RabbitMqAccess access)
    {
        if (!Process.IsRunning)
            return;
        using var host = await management.DeleteAsync($"api/vhosts/{access.VirtualHost}");
        using var user = await management.DeleteAsync($"api/users/{access.Username}");
    }

    public async ValueTask DisposeAsync()
    {
        // Nothing here is worth its six seconds of an orderly end.
        await Process.Kill();
        await Process.DisposeAsync();
        management.Dispose();
        directory.Dispose();
    }

    async Task<bool> Answers()
    {
        if (!Process.IsRunning)
            throw new InvalidOperationException($"RabbitMQ has ended:\n{Process.LogTail()}");
        var password = directory["rabbitmq/password"];
        if (!File.Exists(password))
            return false;

        management.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic",
            Convert.ToBase64String(Encoding.UTF8.GetBytes($"matrix-bus:{await File.ReadAllTextAsync(password)}")));
        using var answer = await management.GetAsync("api/health/checks/local-alarms");
        return answer.IsSuccessStatusCode;
    }

    async Task Put(string path, object body, CancellationToken cancel)
    {
        using var answer = await management.PutAsJsonAsync(path, body, cancel);
        answer.EnsureSuccessStatusCode();
    }
}

/// <summary>How a deployment reaches its part of the broker on 127.0.0.1.</summary>
public sealed record RabbitMqAccess(int Port, string VirtualHost, string Username, string Password);
