using System.Net;
using System.Net.Sockets;
using Matrix.Bus.Faults.Stage;

namespace Matrix.Bus.Faults.Tests;

public sealed class CableTests
{
    static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);

    /// <summary>A server that sends back what it gets.</summary>
    static async Task Echo(TcpListener listener, CancellationToken cancel)
    {
        try
        {
            while (true)
            {
                using var client = await listener.AcceptSocketAsync(cancel);
                var buffer = new byte[100];
                try
                {
                    while (await client.ReceiveAsync(buffer, cancel) is > 0 and var read)
                        await client.SendAsync(buffer.AsMemory(0, read), cancel);
                }
                catch (SocketException)
                {
                    // Reset: the next one.
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    static async Task With(Func<Cable, Task> test)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var stop = new CancellationTokenSource();
        var echo = Echo(listener, stop.Token);
        await using (var cable = Cable.ToPort(((IPEndPoint)listener.LocalEndpoint).Port))
            await test(cable);
        await stop.CancelAsync();
        await echo;
    }

    static async Task<Socket> Connect(Cable cable)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, cable.Port);
        return socket;
    }

    static async Task<int> Receive(Socket socket, TimeSpan within)
    {
        using var patience = new CancellationTokenSource(within);
        return await socket.ReceiveAsync(new byte[10], patience.Token);
    }

    [Fact]
    public Task What_is_sent_passes() => With(async cable =>
    {
        using var socket = await Connect(cable);
        await socket.SendAsync("abc"u8.ToArray());
        Assert.Equal(3, await Receive(socket, Soon));
    });

    [Fact]
    public Task A_cut_resets_what_is_connected_and_what_connects_until_it_is_mended() => With(async cable =>
    {
        using var before = await Connect(cable);
        await before.SendAsync("abc"u8.ToArray());
        Assert.Equal(3, await Receive(before, Soon));

        cable.Cut();
        await Assert.ThrowsAsync<SocketException>(() => Receive(before, Soon));
        await Assert.ThrowsAsync<SocketException>(async () =>
        {
            using var meanwhile = await Connect(cable);
            await Receive(meanwhile, Soon);
        });

        cable.Mend();
        using var after = await Connect(cable);
        await after.SendAsync("abc"u8.ToArray());
        Assert.Equal(3, await Receive(after, Soon));
    });

    [Fact]
    public Task What_is_sent_into_a_silence_arrives_after_it() => With(async cable =>
    {
        using var socket = await Connect(cable);
        await socket.SendAsync("abc"u8.ToArray());
        Assert.Equal(3, await Receive(socket, Soon));

        cable.Silence();
        await socket.SendAsync("de"u8.ToArray());
        await Assert.ThrowsAsync<OperationCanceledException>(() => Receive(socket, TimeSpan.FromMilliseconds(300)));

        cable.Mend();
        Assert.Equal(2, await Receive(socket, Soon));
    });
}
