using System.Diagnostics;
using System.Globalization;

namespace Matrix.Bus.Foundation;

/// <summary>What a running PostgreSQL says of itself in <c>postmaster.pid</c>.</summary>
sealed record EmbeddedPostgresPostmaster(int Pid, string SocketDirectory, string State)
{
    /// <summary>True once clients may connect.</summary>
    public bool IsReady => State == "ready";

    /// <summary>True if it is on its way out and cannot be used any more.</summary>
    public bool IsStopping => State == "stopping";

    /// <summary>Reads the file; null when there is none, or it is not complete yet.</summary>
    public static EmbeddedPostgresPostmaster? Read(string cluster)
    {
        try
        {
            var lines = File.ReadAllLines(FileIn(cluster));
            return lines.Length > 0 && int.TryParse(lines[0], CultureInfo.InvariantCulture, out var pid)
                ? new(pid, lines.ElementAtOrDefault(4)?.Trim() ?? "", lines.ElementAtOrDefault(7)?.Trim() ?? "")
                : null;
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    public static string FileIn(string cluster) => Path.Combine(cluster, "postmaster.pid");

    /// <summary>
    /// True if this process lives and serves <paramref name="cluster"/>. After a crash the number may belong to
    /// another program by now, which PostgreSQL itself would take for a running server and refuse to start.
    /// </summary>
    public bool IsAlive(string cluster)
    {
        try
        {
            using var process = Process.GetProcessById(Pid);
            if (!process.ProcessName.StartsWith("postgres", StringComparison.Ordinal) &&
                process.ProcessName != "postmaster")
                return false;

            if (!Directory.Exists("/proc/self"))
                return true;

            // PostgreSQL's working directory is its cluster. A dead one that nobody has waited for has none.
            return new FileInfo($"/proc/{Pid}/cwd").LinkTarget == cluster;
        }
        catch (Exception failure) when (failure is ArgumentException or InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
