using System.Diagnostics;
using System.Net;
using Matrix.Bus.Harness;

namespace Matrix.Bus.SystemTests.Deployments;

/// <summary>Starting, crashing and stopping, in both shapes.</summary>
public sealed class LifeTests
{
    static readonly TimeSpan FirstAnswerAfterCrash = TimeSpan.FromSeconds(5);

    [Theory]
    [InlineData(Shape.One)]
    [InlineData(Shape.Split)]
    public async Task Every_process_is_healthy_and_clients_are_answered(Shape shape)
    {
        var deployment = await Deployment.Shared(shape, Cancel);
        using var http = new HttpClient();

        foreach (var process in deployment.Processes)
        {
            Assert.Equal(HttpStatusCode.OK, await Status(http, deployment.InternalUrl(process), "/health/live"));
            Assert.Equal(HttpStatusCode.OK, await Status(http, deployment.InternalUrl(process), "/health/ready"));
            Assert.Equal(HttpStatusCode.OK, await Status(http, deployment.InternalUrl(process), "/metrics"));
        }

        Assert.Equal(HttpStatusCode.OK, await Status(http, deployment.BaseUrl, "/_matrix/client/versions"));
    }

    [Theory]
    [InlineData(Shape.One)]
    [InlineData(Shape.Split)]
    public async Task What_is_internal_is_not_offered_to_clients(Shape shape)
    {
        var deployment = await Deployment.Shared(shape, Cancel);
        using var http = new HttpClient();

        Assert.Equal(HttpStatusCode.NotFound, await Status(http, deployment.BaseUrl, "/health/ready"));
        Assert.Equal(HttpStatusCode.NotFound, await Status(http, deployment.BaseUrl, "/metrics"));
    }

    [Theory]
    [InlineData(Shape.One, "matrix-bus")]
    [InlineData(Shape.Split, "client-api")]
    [Trait("Pace", "Slow")]
    public async Task A_restart_after_kill_9_answers_within_five_seconds(Shape shape, string name)
    {
        await using var deployment = await Deployment.Start(shape, cancel: Cancel);
        var process = deployment.Process(name);

        // The best of three: how long a start takes is also a matter of what else the machine does.
        var best = TimeSpan.MaxValue;
        for (var attempt = 0; attempt < 3 && best >= FirstAnswerAfterCrash; attempt++)
        {
            await process.Kill();
            var clock = Stopwatch.StartNew();
            await process.Restart();
            await deployment.WaitUntilReady(Cancel);
            best = clock.Elapsed < best ? clock.Elapsed : best;
        }

        Assert.True(best < FirstAnswerAfterCrash, $"The first answer took {best}.\n{deployment.Logs()}");
    }

    [Fact]
    [Trait("Pace", "Slow")]
    public async Task A_split_server_comes_back_after_all_its_processes_are_killed()
    {
        await using var deployment = await Deployment.Start(Shape.Split, cancel: Cancel);

        await Task.WhenAll(deployment.Processes.Select(process => process.Kill()));
        await Task.WhenAll(deployment.Processes.Select(process => process.Restart()));

        await deployment.WaitUntilReady(Cancel);
    }

    [Theory]
    [InlineData(Shape.One)]
    [InlineData(Shape.Split)]
    [Trait("Pace", "Slow")]
    public async Task Processes_end_in_order_when_asked_to(Shape shape)
    {
        await using var deployment = await Deployment.Start(shape, cancel: Cancel);

        var stopped = await Task.WhenAll(deployment.Processes.Select(process => process.Stop()));

        Assert.True(Array.TrueForAll(stopped, inTime => inTime), deployment.Logs());
        Assert.False(File.Exists(Path.Combine(deployment.DataDirectory, "postgres/data/postmaster.pid")));
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    static async Task<HttpStatusCode> Status(HttpClient http, Uri url, string path)
    {
        using var answer = await http.GetAsync(new Uri(url, path), Cancel);
        return answer.StatusCode;
    }
}
