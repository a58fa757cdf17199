using System.ComponentModel;
using System.Diagnostics;

namespace Matrix.Bus.Foundation;

/// <summary>Runs a short command to its end and keeps what it said.</summary>
static class ChildCommand
{
    public static async Task<Result> Run(
        string program, IEnumerable<string> arguments, string? input = null, CancellationToken cancel = default)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            // Another user may not be allowed into ours.
            WorkingDirectory = "/",
        };
        // PostgreSQL's own variables would point its programs elsewhere.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("PG", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(name);
        // Nor may one of them tell systemd that we are ready.
        start.Environment.Remove("NOTIFY_SOCKET");
        start.Environment["LC_ALL"] = "C";

        Process process;
        try
        {
            process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        }
        catch (Win32Exception failure)
        {
            return new(127, failure.Message);
        }

        using (process)
        {
            try
            {
                var output = process.StandardOutput.ReadToEndAsync(cancel);
                var errors = process.StandardError.ReadToEndAsync(cancel);
                if (input is not null)
                    await process.StandardInput.WriteAsync(input.AsMemory(), cancel);
                process.StandardInput.Close();
                await process.WaitForExitAsync(cancel);
                return new(process.ExitCode, await output + await errors);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                throw;
            }
        }
    }

    /// <summary>How a command ended; 127 when it could not be started.</summary>
    public readonly record struct Result(int ExitCode, string Output);
}
