using System.Net;
using System.Net.Sockets;

namespace Matrix.Bus.Harness;

/// <summary>Ports on loopback that nobody listens on.</summary>
static class LoopbackPorts
{
    static readonly Lock Gate = new();
    static readonly HashSet<int> Given = [];

    /// <summary>
    /// A free port, never the same twice. From below the range the system gives to outgoing connections, so that no
    /// connection takes it between now and its use, nor while its server is down for a moment.
    /// </summary>
    public static int Next()
    {
        lock (Gate)
        {
            for (var attempt = 0; attempt < 1000; attempt++)
            {
                var port = Random.Shared.Next(12_000, 32_000);
                if (!Given.Contains(port) && IsFree(port))
                {
                    Given.Add(port);
                    return port;
                }
            }
        }

        throw new InvalidOperationException("No free port was found.");
    }

    static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
