using System.Net;
using System.Net.Sockets;
using System.Text;
using Npgsql;

namespace Matrix.Bus.RoomServer.Tests;

/// <summary>What happens to a request on its way to PostgreSQL.</summary>
public enum Fault
{
    /// <summary>It never arrives: the connection is cut first.</summary>
    Lost = 1,

    /// <summary>It is carried out, and the connection cut in place of the answer.</summary>
    AnswerLost = 2,

    /// <summary>It is carried out, and the answer is PostgreSQL's farewell.</summary>
    Farewell = 3,

    /// <summary>The connection is cut, and the request arrives when everybody has forgotten it.</summary>
    Late = 4,
}

/// <summary>Stands between a server and PostgreSQL, and strikes one request: the first that holds a given text.</summary>
sealed class FaultyLine : IAsyncDisposable
{
    static readonly byte[] Ready = [(byte)'Z', 0, 0, 0, 5, (byte)'I'];

    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly UnixDomainSocketEndPoint _postgres;
    readonly Lock _lock = new();
    readonly List<Socket> _sockets = [];
    readonly Task _accepting;
    byte[] _marker = [];
    Fault _fault;
    int _cutsThen;
    int _cuts;
    TaskCompletionSource _struck = new();
    (Socket Server, byte[] Request) _held;

    public FaultyLine(string database)
    {
        var settings = new NpgsqlConnectionStringBuilder(database);
        _postgres = new UnixDomainSocketEndPoint($"{settings.Host}/.s.PGSQL.{settings.Port}");
        _listener.Start();
        settings.Host = IPAddress.Loopback.ToString();
        settings.Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        settings.SslMode = SslMode.Disable;
        settings.GssEncryptionMode = GssEncryptionMode.Disable;
        Database = settings.ConnectionString;
        _accepting = Accept();
    }

    /// <summary>The connection string through this line.</summary>
    public string Database { get; }

    /// <summary>Strikes the next request that holds the text, and cuts so many requests after that.</summary>
    public void Strike(string text, Fault fault, int cutsThen = 0)
    {
        lock (_lock)
            (_marker, _fault, _cutsThen, _struck) = (Encoding.UTF8.GetBytes(text), fault, cutsThen, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
    }

    /// <summary>Done when it has struck.</summary>
    public Task Struck => _struck.Task.WaitAsync(TimeSpan.FromSeconds(20));

    /// <summary>Lets the <see cref="Fault.Late"/> request arrive; done when PostgreSQL is done with it.</summary>
    public async Task Arrive()
    {
        await _held.Server.SendAsync(_held.Request);
        await UntilReady(_held.Server);
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        lock (_lock)
            _sockets.ForEach(socket => socket.Dispose());
        await _accepting;
    }

    async Task Accept()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptSocketAsync();
                var server = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                lock (_lock)
                    _sockets.AddRange([client, server]);
                await server.ConnectAsync(_postgres);
                var answering = new Answering();
                _ = Pump(() => Requests(client, server, answering));
                _ = Pump(() => Answers(client, server, answering));
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    static async Task Pump(Func<Task> pump)
    {
        try
        {
            await pump();
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // One of the two ends is gone.
        }
    }

    async Task Requests(Socket client, Socket server, Answering answering)
    {
        var buffer = new byte[1 << 16];
        while (await client.ReceiveAsync(buffer) is > 0 and var count)
        {
            var fault = default(Fault);
            lock (_lock)
            {
                if (_cuts > 0)
                {
                    _cuts--;
                    fault = Fault.Lost;
                }
                else if (_marker.Length > 0 && buffer.AsSpan(0, count).IndexOf(_marker) >= 0)
                {
                    _marker = [];
                    fault = _fault;
                    answering.Fault = fault;
                }
            }
            if (fault == Fault.Late)
            {
                _held = (server, buffer[..count]);
                Cut(client, null);
                return;
            }
            if (fault == Fault.Lost)
            {
                Cut(client, server);
                return;
            }
            await server.SendAsync(buffer.AsMemory(0, count));
        }
        if (answering.Fault != Fault.Late)
            server.Dispose();
    }

    async Task Answers(Socket client, Socket server, Answering answering)
    {
        var buffer = new byte[1 << 16];
        while (answering.Fault != Fault.Late && await server.ReceiveAsync(buffer.AsMemory(), SocketFlags.Peek) is > 0)
        {
            if (answering.Fault is Fault.AnswerLost or Fault.Farewell)
            {
                await UntilReady(server);
                if (answering.Fault == Fault.Farewell)
                    await client.SendAsync(FarewellMessage());
                Cut(client, server);
                return;
            }
            var count = await server.ReceiveAsync(buffer);
            await client.SendAsync(buffer.AsMemory(0, count));
        }
        if (answering.Fault != Fault.Late)
            client.Dispose();
    }

    void Cut(Socket client, Socket? server)
    {
        lock (_lock)
        {
            if (!_struck.Task.IsCompleted)
                _cuts = _cutsThen;
        }
        _struck.TrySetResult();
        client.Dispose();
        server?.Dispose();
    }

    static async Task UntilReady(Socket server)
    {
        var buffer = new byte[1 << 16];
        var length = 0;
        while (!buffer.AsSpan(0, length).EndsWith(Ready))
        {
            if (await server.ReceiveAsync(buffer.AsMemory(length)) is var count && count == 0)
                throw new SocketException((int)SocketError.ConnectionReset);
            length += count;
        }
    }

    static byte[] FarewellMessage()
    {
        var fields = Encoding.UTF8.GetBytes("SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0");
        var length = fields.Length + 4;
        return [(byte)'E', (byte)(length >> 24), (byte)(length >> 16), (byte)(length >> 8), (byte)length, .. fields];
    }

    sealed class Answering
    {
        public volatile Fault Fault;
    }
}
