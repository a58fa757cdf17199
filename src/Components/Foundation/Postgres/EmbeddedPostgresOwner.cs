namespace Matrix.Bus.Foundation;

/// <summary>
/// The operating-system user that PostgreSQL runs as. PostgreSQL refuses to run as root, so a server that is root
/// hands it, and its files, to the user <c>postgres</c>; otherwise it is our own user.
/// </summary>
sealed class EmbeddedPostgresOwner
{
    const string SystemUser = "postgres";

    readonly string[] prefix;

    EmbeddedPostgresOwner(string[] prefix) => this.prefix = prefix;

    public bool IsAnotherUser => prefix.Length > 0;

    public static async Task<EmbeddedPostgresOwner> Find(CancellationToken cancel)
    {
        if (!Environment.IsPrivilegedProcess)
            return new([]);

        string[][] ways =
        [
            ["setpriv", $"--reuid={SystemUser}", $"--regid={SystemUser}", "--init-groups", "--"],
            ["runuser", "-u", SystemUser, "--"],
            ["su-exec", SystemUser],
        ];
        foreach (var way in ways)
        {
            if ((await ChildCommand.Run(way[0], [.. way[1..], "true"], cancel: cancel)).ExitCode == 0)
                return new(way);
        }

        throw new InvalidOperationException(
            $"PostgreSQL does not run as root, and there is no user '{SystemUser}' to run it as " +
            "(or neither setpriv, runuser nor su-exec to become that user). Create the user, or start this server as another user than root.");
    }

    /// <summary>Runs a command as this user.</summary>
    public Task<ChildCommand.Result> Run(string program, string[] arguments, CancellationToken cancel, string? input = null) =>
        prefix.Length == 0
            ? ChildCommand.Run(program, arguments, input, cancel)
            : ChildCommand.Run(prefix[0], [.. prefix[1..], program, .. arguments], input, cancel);

    /// <summary>
    /// Writes a file as this user. Root must not write by itself into a directory that another user owns: a link
    /// put there could make it overwrite any file of the machine.
    /// </summary>
    public async Task Write(string path, string text, CancellationToken cancel)
    {
        if (prefix.Length == 0)
        {
            await File.WriteAllTextAsync(path, text, cancel);
            return;
        }

        var written = await Run("tee", [path], cancel, text);
        if (written.ExitCode != 0)
            throw new IOException($"Could not write {path}: {written.Output}");
    }

    /// <summary>True if this user can reach files below <paramref name="directory"/>.</summary>
    public async Task<bool> CanEnter(string directory, CancellationToken cancel) =>
        prefix.Length == 0 || (await Run("test", ["-x", directory], cancel)).ExitCode == 0;

    /// <summary>Makes a directory that only this user (and root) can enter; false if it was there already.</summary>
    public async Task<bool> CreatePrivateDirectory(string path, CancellationToken cancel)
    {
        if (Directory.Exists(path))
            return false;

        MakeDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        if (prefix.Length == 0)
            return true;

        var changed = await ChildCommand.Run("chown", ["--", $"{SystemUser}:", path], cancel: cancel);
        if (changed.ExitCode != 0)
            throw new IOException($"Could not give {path} to the user '{SystemUser}': {changed.Output}");
        return true;
    }

    /// <summary>Makes a directory with this mode, unless it is there.</summary>
    public static void MakeDirectory(string path, UnixFileMode mode)
    {
        if (OperatingSystem.IsWindows())
            throw new PlatformNotSupportedException("The embedded PostgreSQL needs Unix sockets: name a database with MatrixBus:Database:ConnectionString.");
        Directory.CreateDirectory(path, mode);
    }
}
