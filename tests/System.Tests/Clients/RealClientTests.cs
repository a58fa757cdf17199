using System.Diagnostics;
using Matrix.Bus.Harness;

namespace Matrix.Bus.SystemTests.Clients;

/// <summary>Real clients walk through a room: register, talk, edit, redact, paginate, type, read, log out.</summary>
[Trait("Pace", "Slow")]
public sealed class RealClientTests
{
    static readonly TimeSpan Deadline = TimeSpan.FromMinutes(3);

    [Theory, InlineData(Shape.One), InlineData(Shape.Split)]
    public async Task The_matrix_js_sdk_walks_through_a_room(Shape shape)
    {
        await using var server = await Start(shape);
        await Run("node", [Path.Combine(Repository.Root, "tests/Clients/js/walk.mjs"), server.BaseUrl.ToString().TrimEnd('/')]);
    }

    [Theory, InlineData(Shape.One), InlineData(Shape.Split)]
    public async Task Matrix_nio_walks_through_a_room(Shape shape)
    {
        await using var server = await Start(shape);
        // Debian's interpreter: its packages are not seen by others that may come first on the path.
        await Run("/usr/bin/python3", [Path.Combine(Repository.Root, "tests/Clients/nio/walk.py"), server.BaseUrl.ToString().TrimEnd('/'), server.RegistrationSharedSecret]);
    }

    static Task<Deployment> Start(Shape shape) => Deployment.Start(
        shape,
        new DeploymentOptions { Settings = new Dictionary<string, string> { ["Registration:Open"] = "true" } },
        TestContext.Current.CancellationToken);

    static async Task Run(string program, IReadOnlyList<string> arguments)
    {
        using var walk = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        var output = walk.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = walk.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        using var late = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        late.CancelAfter(Deadline);
        try
        {
            await walk.WaitForExitAsync(late.Token);
        }
        catch (OperationCanceledException)
        {
            walk.Kill(entireProcessTree: true);
            await walk.WaitForExitAsync(CancellationToken.None);
        }
        Assert.True(walk.ExitCode == 0, $"{program} ended with {walk.ExitCode}:\n{await output}\n{await errors}");
        Assert.EndsWith("ok\n", await output, StringComparison.Ordinal);
    }
}
