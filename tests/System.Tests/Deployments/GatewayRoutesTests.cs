using System.Text.RegularExpressions;
using Matrix.Bus.ClientApi;
using Matrix.Bus.Foundation;
using Matrix.Bus.Harness;
using Matrix.Bus.Sync;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Matrix.Bus.SystemTests.Deployments;

/// <summary>The gateway's table against the endpoints that the components have.</summary>
public sealed class GatewayRoutesTests
{
    static readonly IReadOnlyList<Regex> ToSync = File
        .ReadLines(Path.Combine(Repository.Root, "src/Hosts/Gateway/routes.conf"))
        .Select(line => Regex.Match(line, "^ *\"~(.+)\" sync;$", RegexOptions.NonBacktracking))
        .Where(entry => entry.Success)
        .Select(entry => new Regex(entry.Groups[1].Value, RegexOptions.NonBacktracking))
        .ToList();

    [Fact]
    public void Every_endpoint_of_sync_is_reached_through_the_gateway() =>
        Assert.All(Requests<SyncComponent>(), request => Assert.True(GoesToSync(request), request));

    [Fact]
    public void Every_endpoint_of_the_client_api_is_reached_through_the_gateway() =>
        Assert.All(Requests<ClientApiComponent>(), request => Assert.False(GoesToSync(request), request));

    [Theory]
    [InlineData("GET /_matrix/client/v3/sync?since=s1", true)]
    [InlineData("GET /_matrix/client/v3/synchronise", false)]
    [InlineData("GET /_matrix/client/v3/rooms/!a%2Fsync:b/messages?dir=b", true)]
    [InlineData("PUT /_matrix/client/v3/rooms/!a:b/state/m.room.name/", false)]
    [InlineData("GET /_matrix/client/v3/rooms/!a:b/state/m.room.name/", true)]
    [InlineData("PUT /_matrix/client/v3/rooms/!a:b/send/m.x/%2Fsync", false)]
    [InlineData("GET /_matrix/client/v3/profile/@a:b?x=/rooms/x/messages", false)]
    public void A_request_goes_where_its_method_and_path_say(string request, bool sync) =>
        Assert.Equal(sync, GoesToSync(request));

    static bool GoesToSync(string request) => ToSync.Any(pattern => pattern.IsMatch(request));

    /// <summary>One example request for each method and path.</summary>
    static List<string> Requests<TComponent>()
        where TComponent : IComponent
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddMatrixBusOptions(builder.Configuration);
        builder.Services.AddFoundation(_ => _ => "Host=nowhere");
        builder.Services.AddInProcessBus(1);
        builder.Services.AddComponent<TComponent>(builder.Configuration);
        var app = builder.Build();
        app.MapComponents();
        var requests = ((IEndpointRouteBuilder)app).DataSources
            .SelectMany(source => source.Endpoints)
            .OfType<RouteEndpoint>()
            .SelectMany(endpoint => (endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"])
                .Select(method => $"{method} {Example(endpoint.RoutePattern.RawText!)}"))
            .ToList();
        Assert.NotEmpty(requests);
        return requests;
    }

    static string Example(string pattern) =>
        Regex.Replace(pattern, @"\{[^{}]*\}", "x", RegexOptions.NonBacktracking);
}
