using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Matrix.Bus.Foundation;

/// <summary>GET /metrics: every meter of the process, in Prometheus' text format.</summary>
public static class MetricsEndpoint
{
    /// <summary>Collects from the start of the host, so that nothing counted before the first visit is missing.</summary>
    public static void AddMetricsText(this IServiceCollection services)
    {
        services.AddSingleton<MetricsCollector>();
        services.AddHostedService<Collect>();
    }

    /// <summary>Maps it, on listeners with the internal API.</summary>
    public static void MapMetrics(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/metrics", (MetricsCollector metrics) => Results.Text(metrics.Text(), "text/plain; version=0.0.4"))
            .WithMetadata(new ServedOn(ApiKind.Internal));

    sealed class Collect(MetricsCollector metrics) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            metrics.Start();
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
