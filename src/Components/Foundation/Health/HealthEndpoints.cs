using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Matrix.Bus.Foundation;

/// <summary>GET /health/live, /health/ready, /health</summary>
/// <remarks>Live says that the process runs and nothing else: a broker or a database that is down must not get it killed. Ready says
/// that it can do its work, so that a balancer sends requests elsewhere while it cannot.</remarks>
public static class HealthEndpoints
{
    static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Adds the checks.</summary>
    public static void AddHealth(this IServiceCollection services) => services.AddSingleton<Health>();

    /// <summary>Maps the endpoints, on listeners with the internal API.</summary>
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/health").WithMetadata(new ServedOn(ApiKind.Internal));
        group.MapGet("/live", () => Results.Json(new { status = "ok" }));
        group.MapGet("/ready", async (Health health, CancellationToken cancel) =>
        {
            var checks = await health.Check(cancel);
            var ready = checks.All(check => check.Healthy);
            return Results.Json(
                new { status = ready ? "ok" : "not ready", failing = checks.Where(check => !check.Healthy).Select(check => check.Name) },
                statusCode: ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
        });
        group.MapGet("", async (Health health, MatrixBusOptions options, CancellationToken cancel) => Results.Json(Details(options, await health.Check(cancel)), s_json));
    }

    static object Details(MatrixBusOptions options, IReadOnlyList<HealthCheck> checks)
    {
        using var process = Process.GetCurrentProcess();
        return new
        {
            Status = checks.All(check => check.Healthy) ? "ok" : "not ready",
            options.ServerName,
            Version = typeof(HealthEndpoints).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion,
            Components = options.Components.Count == 0 ? ["all"] : options.Components,
            Transport = options.Bus.Transport.ToString(),
            StartedAt = process.StartTime.ToUniversalTime(),
            ProcessId = Environment.ProcessId,
            ResidentBytes = process.WorkingSet64,
            HeapBytes = GC.GetTotalMemory(forceFullCollection: false),
            Checks = checks.Select(check => new { check.Name, check.Healthy, check.Detail, Milliseconds = Math.Round(check.Duration.TotalMilliseconds, 1) }),
        };
    }
}
