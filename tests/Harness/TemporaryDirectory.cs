namespace Matrix.Bus.Harness;

/// <summary>A directory that is gone when the tests are, unless <c>MATRIX_BUS_KEEP</c> is set.</summary>
public sealed class TemporaryDirectory : IDisposable
{
    static readonly bool Keep = Environment.GetEnvironmentVariable("MATRIX_BUS_KEEP") is { Length: > 0 };

    /// <summary>Makes one; other users can pass through, as a PostgreSQL of root's runs as another user.</summary>
    public TemporaryDirectory()
    {
        Directory = System.IO.Directory.CreateTempSubdirectory("matrix-bus-test-").FullName;
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(Directory, File.GetUnixFileMode(Directory) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        if (!Keep)
            Watchdog.GuardDirectory(Directory);
    }

    /// <summary>Its full path.</summary>
    public string Directory { get; }

    /// <summary>The path of something in it.</summary>
    public string this[string name] => Path.Combine(Directory, name);

    public void Dispose()
    {
        if (!Keep && Delete(Directory))
            Watchdog.ForgetDirectory(Directory);
    }

    /// <summary>Deletes a directory; false if something still writes there, which the watchdog then deletes at the end.</summary>
    internal static bool Delete(string path)
    {
        try
        {
            if (System.IO.Directory.Exists(path))
                System.IO.Directory.Delete(path, recursive: true);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
