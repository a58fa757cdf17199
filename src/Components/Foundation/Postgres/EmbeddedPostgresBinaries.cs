using System.Globalization;

namespace Matrix.Bus.Foundation;

/// <summary>Where PostgreSQL's programs are on this machine.</summary>
sealed record EmbeddedPostgresBinaries(string Directory)
{
    // Distributions keep the server's programs off PATH, in a directory per major version.
    static readonly string[] VersionedRoots =
        ["/usr/lib/postgresql", "/usr/libexec/postgresql", "/opt/homebrew/opt", "/usr/local/opt"];

    static readonly string[] PlainDirectories =
        ["/usr/libexec/postgresql", "/usr/pgsql/bin", "/usr/local/pgsql/bin", "/usr/bin"];

    public string InitDb => Path.Combine(Directory, "initdb");

    public string PgCtl => Path.Combine(Directory, "pg_ctl");

    /// <summary>
    /// Finds the newest installation, or the one of exactly <paramref name="major"/> when a cluster of that
    /// version exists already: another version cannot read its files.
    /// </summary>
    /// <exception cref="InvalidOperationException">Nothing suitable is installed; the message says how to get it.</exception>
    public static async Task<EmbeddedPostgresBinaries> Find(int? major, CancellationToken cancel)
    {
        var best = (Major: 0, Directory: (string?)null);
        foreach (var directory in Candidates())
        {
            if (!IsComplete(directory) || await MajorOf(directory, cancel) is not { } found)
                continue;
            if (found == major)
                return new(directory);
            if (found > best.Major)
                best = (found, directory);
        }

        if (best.Directory is null)
            throw new InvalidOperationException($"""
                No PostgreSQL server was found on PATH or in the usual places. Install it:
                  Debian, Ubuntu  apt-get install postgresql
                  Fedora, RHEL    dnf install postgresql-server
                  Alpine          apk add postgresql
                  macOS           brew install postgresql@17
                or name one of your own with MatrixBus:Database:ConnectionString.
                """);

        if (major is { } needed)
            throw new InvalidOperationException(
                $"The embedded database was made by PostgreSQL {needed}, and only {best.Major} was found " +
                $"({best.Directory}). Install PostgreSQL {needed} again, or move the database to the new version " +
                "with pg_upgrade (docs/operating.md).");

        return new(best.Directory);
    }

    static IEnumerable<string> Candidates()
    {
        var path = Environment.GetEnvironmentVariable("PATH")?.Split(Path.PathSeparator) ?? [];
        var versioned = VersionedRoots.Where(System.IO.Directory.Exists)
            .SelectMany(System.IO.Directory.EnumerateDirectories)
            .SelectMany(root => new[] { Path.Combine(root, "bin"), root });
        return path.Concat(versioned).Concat(PlainDirectories).Where(Path.IsPathRooted).Distinct();
    }

    static bool IsComplete(string directory) =>
        File.Exists(Path.Combine(directory, "initdb")) &&
        File.Exists(Path.Combine(directory, "pg_ctl")) &&
        File.Exists(Path.Combine(directory, "postgres"));

    static async Task<int?> MajorOf(string directory, CancellationToken cancel)
    {
        var said = await ChildCommand.Run(Path.Combine(directory, "postgres"), ["--version"], cancel: cancel);
        var number = said.Output.Split(' ', StringSplitOptions.TrimEntries)
            .FirstOrDefault(word => word.Length > 0 && char.IsAsciiDigit(word[0]));
        var digits = number is null ? "" : string.Concat(number.TakeWhile(char.IsAsciiDigit));
        return said.ExitCode == 0 && int.TryParse(digits, CultureInfo.InvariantCulture, out var major) ? major : null;
    }
}
