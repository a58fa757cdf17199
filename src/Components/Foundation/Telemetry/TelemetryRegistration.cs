using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Matrix.Bus.Foundation;

/// <summary>Health, metrics and traces of a process, in two lines of its host.</summary>
public static class TelemetryRegistration
{
    /// <summary>Adds health checks, metrics and, if an endpoint is configured, traces.</summary>
    public static void AddTelemetry(this IServiceCollection services, MatrixBusOptions options)
    {
        services.AddHealth();
        services.AddMetricsText();
        services.AddTracing(options);
    }

    /// <summary>Maps /health and /metrics.</summary>
    public static void MapTelemetry(this IEndpointRouteBuilder routes)
    {
        routes.MapHealth();
        routes.MapMetrics();
    }
}
