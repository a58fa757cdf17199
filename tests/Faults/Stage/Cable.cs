using System.Net;
using System.Net.Sockets;

namespace Matrix.Bus.Faults.Stage;

/// <summary>
/// A link between one process and a server behind it, over which everything passes through us: TCP on loopback at one end, TCP or
/// a Unix socket at the other.
/// </summary>
sealed class Cable : IAsyncDisposable
{
    readonly TcpListener _listener;
    readonly EndPoint _far;
    readonly CancellationTokenSource _closing = new();
    readonly HashSet<Socket> _open = [];
    readonly Lock _lock = new();
    TaskCompletionSource _passing = Completed();
    bool _cut;

    Cable(EndPoint far)
    {
        _far = far;
        _listener = new TcpListener(IPAddress.Loopback, 0);
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _ = Accept();
    }

    /// <summary>The near end, on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>To a TCP port on loopback.</summary>
    public static Cable ToPort(int port) => new(new IPEndPoint(IPAddress.Loopback, port));

    /// <summary>To a Unix socket.</summary>
    public static Cable ToSocket(string path) => new(new UnixDomainSocketEndPoint(path));

    /// <summary>Resets all connections, and new ones until mended.</summary>
    public void Cut()
    {
        lock (_lock)
        {
            _cut = true;
            foreach (var socket in _open)
                Reset(socket);
            _open.Clear();
        }
    }

    /// <summary>Lets nothing pass until mended; connections stay.</summary>
    public void Silence()
    {
        lock (_lock)
            _passing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>Everything passes again, what waited too.</summary>
    public void Mend()
    {
        lock (_lock)
        {
            _cut = false;
            _passing.TrySetResult();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        _listener.Dispose();
        Cut();
        Mend();
        _closing.Dispose();
    }

    async Task Accept()
    {
        try
        {
            while (true)
                _ = Carry(await _listener.AcceptSocketAsync(_closing.Token));
        }
        catch (Exception closed) when (closed is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    async Task Carry(Socket near)
    {
        var far = new Socket(_far.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await Passing();
            if (!Register(near, far))
                return;
            await far.ConnectAsync(_far, _closing.Token);
            near.NoDelay = true;
            if (_far is IPEndPoint)
                far.NoDelay = true;
            var there = Pump(near, far);
            var back = Pump(far, near);
            await Task.WhenAll(there, back);
        }
        catch (Exception broken) when (broken is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            Reset(near);
            Reset(far);
        }
        finally
        {
            lock (_lock)
            {
                _open.Remove(near);
                _open.Remove(far);
            }
            near.Dispose();
            far.Dispose();
        }
    }

    async Task Pump(Socket from, Socket to)
    {
        var buffer = new byte[32 * 1024];
        try
        {
            while (true)
            {
                var read = await from.ReceiveAsync(buffer, _closing.Token);
                await Passing();
                if (read == 0)
                {
                    to.Shutdown(SocketShutdown.Send);
                    return;
                }
                for (var sent = 0; sent < read;)
                    sent += await to.SendAsync(buffer.AsMemory(sent, read - sent), _closing.Token);
            }
        }
        catch
        {
            // One direction broken is the whole connection broken.
            Reset(from);
            Reset(to);
            throw;
        }
    }

    bool Register(Socket near, Socket far)
    {
        lock (_lock)
        {
            if (_cut)
            {
                Reset(near);
                return false;
            }
            _open.Add(near);
            _open.Add(far);
            return true;
        }
    }

    Task Passing()
    {
        lock (_lock)
            return _passing.Task;
    }

    static void Reset(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // Already closed.
        }
        socket.Dispose();
    }

    static TaskCompletionSource Completed()
    {
        var completed = new TaskCompletionSource();
        completed.SetResult();
        return completed;
    }
}
