using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Matrix.Bus.Foundation;

/// <summary>Traces of requests, calls, sagas and SQL, sent by OTLP.</summary>
public static class Tracing
{
    /// <summary>Whose spans are sent. Ours begin with the last.</summary>
    static readonly string[] s_sources = ["Microsoft.AspNetCore", "System.Net.Http", "Npgsql", "MassTransit", "Matrix.Bus", "Matrix.Bus.*"];

    /// <summary>Sends traces if an endpoint is configured.</summary>
    public static void AddTracing(this IServiceCollection services, MatrixBusOptions options)
    {
        if (options.Telemetry.OtlpEndpoint is not null)
            services.AddHostedService(_ => new Exporter(options));
    }

    internal static TracerProvider Build(MatrixBusOptions options)
    {
        var endpoint = new Uri(options.Telemetry.OtlpEndpoint!);
        return Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(ResourceBuilder.CreateDefault()
                .AddService("matrix-bus", serviceInstanceId: $"{Environment.MachineName}/{Environment.ProcessId}")
                .AddAttributes([new("matrix.server_name", options.ServerName)]))
            .AddSource(s_sources)
            .SetSampler(new ParentBasedSampler(new TraceIdRatioBasedSampler(options.Telemetry.SampleRatio)))
            .AddOtlpExporter(exporter =>
            {
                exporter.Endpoint = endpoint;
                // 4318 and a path are the habits of OTLP over HTTP.
                var overHttp = endpoint.Port == 4318 || endpoint.AbsolutePath.Length > 1;
                exporter.Protocol = overHttp ? OtlpExportProtocol.HttpProtobuf : OtlpExportProtocol.Grpc;
                if (overHttp && endpoint.AbsolutePath.Length <= 1)
                    exporter.Endpoint = new Uri(endpoint, "/v1/traces");
            })
            .Build();
    }

    sealed class Exporter(MatrixBusOptions options) : IHostedService, IDisposable
    {
        TracerProvider? _provider;

        public Task StartAsync(CancellationToken cancellationToken)
        {
            _provider = Build(options);
            return Task.CompletedTask;
        }

        /// <summary>Sends what is left; a collector that is gone does not hold up the stop.</summary>
        public Task StopAsync(CancellationToken cancellationToken) => Task.Run(() => _provider?.ForceFlush(2000), cancellationToken);

        public void Dispose() => _provider?.Dispose();
    }
}
