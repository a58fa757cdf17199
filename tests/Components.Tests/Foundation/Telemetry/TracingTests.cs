using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Matrix.Bus.Foundation;
using OpenTelemetry.Trace;

namespace Matrix.Bus.Components.Tests.Foundation.Telemetry;

public sealed class TracingTests
{
    [Fact]
    public async Task Spans_of_ours_are_sent_to_the_endpoint()
    {
        using var collector = new TcpListener(IPAddress.Loopback, 0);
        collector.Start();
        var options = new MatrixBusOptions();
        options.Telemetry.OtlpEndpoint = $"http://127.0.0.1:{((IPEndPoint)collector.LocalEndpoint).Port}/v1/traces";
        using var source = new ActivitySource("Matrix.Bus.Tests");
        using var provider = Tracing.Build(options);

        using (var span = source.StartActivity("a span"))
            Assert.NotNull(span);
        var flushed = Task.Run(() => provider.ForceFlush(10_000));

        using var client = await collector.AcceptTcpClientAsync().WaitAsync(TimeSpan.FromSeconds(10));
        await using var stream = client.GetStream();
        using var reader = new StreamReader(stream);
        Assert.Equal("POST /v1/traces HTTP/1.1", await reader.ReadLineAsync());
        await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
        client.Close();
        await flushed;
    }

    [Fact]
    public void Spans_that_are_not_sampled_cost_nothing()
    {
        var options = new MatrixBusOptions();
        options.Telemetry.OtlpEndpoint = "http://127.0.0.1:1";
        options.Telemetry.SampleRatio = 0;
        using var source = new ActivitySource("Matrix.Bus.Tests.Unsampled");
        using var provider = Tracing.Build(options);

        using var span = source.StartActivity("a span");

        Assert.False(span?.Recorded ?? false);
    }
}
