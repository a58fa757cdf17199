using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Matrix.Bus.Foundation;

/// <summary>
/// A private PostgreSQL that this server keeps for itself in <c>postgres</c> below its data directory: no TCP, one
/// Unix socket that only the server's user (and root) can reach. It outlives a crash of the server: the next start
/// takes it over as it is, so that no recovery stands between a crash and the first answer.
/// </summary>
/// <remarks>
/// PostgreSQL's own <c>pg_ctl</c> starts it, in a session of its own: a Ctrl-C at the terminal reaches the server
/// alone, which stops its database last. If the database dies by itself it is started again.
/// </remarks>
public sealed class EmbeddedPostgres : IAsyncDisposable
{
    // A socket's address holds 108 bytes with its terminator, and PostgreSQL appends "/.s.PGSQL.5432".
    const int LongestSocketDirectory = 107 - 15;

    const int LastLines = 20;

    static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    readonly ILogger log;
    readonly FileStream claimed;
    readonly EmbeddedPostgresOwner owner;
    readonly string home;
    readonly CancellationTokenSource stopping = new();
    readonly string socketDirectory;
    readonly bool socketIsElsewhere;
    EmbeddedPostgresBinaries? binaries;
    Task watch = Task.CompletedTask;
    int pid;

    EmbeddedPostgres(ILogger log, FileStream claim, EmbeddedPostgresOwner owner, string home)
    {
        (this.log, claimed, this.owner, this.home) = (log, claim, owner, home);

        var running = EmbeddedPostgresPostmaster.Read(Cluster);
        var own = Path.Combine(home, "socket");
        if (running is { SocketDirectory.Length: > 0 } && running.IsAlive(Cluster))
            socketDirectory = running.SocketDirectory;
        else if (Encoding.UTF8.GetByteCount(own) <= LongestSocketDirectory && own.AsSpan().IndexOfAny(",'\"@") < 0)
            socketDirectory = own;
        else
            socketDirectory = ShortDirectory(owner.IsAnotherUser);
        socketIsElsewhere = socketDirectory != own;
    }

    /// <summary>How to connect to the database; the role owns everything in it.</summary>
    public string ConnectionString => ConnectionTo(socketDirectory, EmbeddedPostgresSettings.Database);

    /// <summary>The process id of PostgreSQL's parent process.</summary>
    public int ProcessId => Volatile.Read(ref pid);

    /// <summary>Where PostgreSQL writes its log.</summary>
    public string LogFile => Path.Combine(home, "postgres.log");

    string Cluster => Path.Combine(home, "data");

    /// <summary>Creates the database if there is none, starts it, and returns when it answers.</summary>
    /// <exception cref="InvalidOperationException">
    /// PostgreSQL is not installed, does not start, or another server uses the directory; the message says which.
    /// </exception>
    public static async Task<EmbeddedPostgres> Start(string dataDirectory, ILogger log, CancellationToken cancel)
    {
        dataDirectory = Path.GetFullPath(dataDirectory);
        // Others may pass through, not look: root hands PostgreSQL to another user.
        EmbeddedPostgresOwner.MakeDirectory(dataDirectory,
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute |
            UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);

        var claim = Claim(dataDirectory);
        EmbeddedPostgres? postgres = null;
        try
        {
            var user = await EmbeddedPostgresOwner.Find(cancel);
            var directory = await Home(dataDirectory, user, log, cancel);
            postgres = new EmbeddedPostgres(log, claim, user, directory);
            await postgres.Begin(cancel);
            return postgres;
        }
        catch
        {
            if (postgres is not null)
                await postgres.DisposeAsync();
            else
                await claim.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// How to connect to the database that a server is running in this data directory; null when none runs.
    /// For tools beside a running server.
    /// </summary>
    public static string? ConnectionStringOfRunning(string dataDirectory)
    {
        var cluster = Path.Combine(Resolve(Path.Combine(Path.GetFullPath(dataDirectory), "postgres")), "data");
        return EmbeddedPostgresPostmaster.Read(cluster) is { IsReady: true } running && running.IsAlive(cluster)
            ? ConnectionTo(running.SocketDirectory, EmbeddedPostgresSettings.Database)
            : null;
    }

    /// <summary>Stops PostgreSQL: open transactions are rolled back, everything else is on disk.</summary>
    public async ValueTask DisposeAsync()
    {
        if (stopping.IsCancellationRequested)
            return;
        await stopping.CancelAsync();
        await watch;

        if (binaries is not null && EmbeddedPostgresPostmaster.Read(Cluster)?.IsAlive(Cluster) == true)
        {
            var stopped = await owner.Run(binaries.PgCtl,
                ["stop", "-D", Cluster, "-m", "fast", "-w", "-t", "30", "-s"], CancellationToken.None);
            if (stopped.ExitCode != 0)
            {
                EmbeddedPostgresLog.NotStopped(log, stopped.Output);
                await owner.Run(binaries.PgCtl,
                    ["stop", "-D", Cluster, "-m", "immediate", "-w", "-t", "10", "-s"], CancellationToken.None);
            }
        }

        if (socketIsElsewhere && Directory.Exists(socketDirectory))
            Directory.Delete(socketDirectory, recursive: true);
        stopping.Dispose();
        await claimed.DisposeAsync();
    }

    async Task Begin(CancellationToken cancel)
    {
        var version = Path.Combine(Cluster, "PG_VERSION");
        var major = File.Exists(version) ? int.Parse((await File.ReadAllTextAsync(version, cancel)).Trim()) : (int?)null;
        binaries = await EmbeddedPostgresBinaries.Find(major, cancel);
        if (major is null)
            await Create(cancel);
        else if ((await owner.Run("test", ["-w", version], cancel)).ExitCode != 0)
            throw new InvalidOperationException(
                $"The embedded database in {home} belongs to another user. Start the server as the user it was first started by.");

        await Launch(cancel);
        await EnsureDatabase(cancel);
        watch = Watch(stopping.Token);
    }

    async Task Create(CancellationToken cancel)
    {
        EmbeddedPostgresLog.Creating(log, home);
        // Made aside and renamed, so that a crash halfway leaves nothing that looks finished.
        var unfinished = Cluster + ".new";
        await owner.Run("rm", ["-rf", "--", unfinished], cancel);
        var made = await owner.Run(binaries!.InitDb,
            ["-D", unfinished, "-U", EmbeddedPostgresSettings.User, "-E", "UTF8", "--locale=C",
                "--auth-local=peer", "--auth-host=reject", "--data-checksums"], cancel);
        if (made.ExitCode != 0)
            throw new InvalidOperationException($"initdb could not create the database in {home}:\n{made.Output}");

        var renamed = await owner.Run("mv", ["--", unfinished, Cluster], cancel);
        if (renamed.ExitCode != 0)
            throw new InvalidOperationException($"The new database could not be moved to its place: {renamed.Output}");
    }

    /// <summary>Starts PostgreSQL, or takes over the one that an earlier run left.</summary>
    async Task Launch(CancellationToken cancel)
    {
        var clock = Stopwatch.StartNew();
        var before = await WaitForEarlier(cancel);
        if (before is not null)
        {
            EmbeddedPostgresLog.TakenOver(log, before.Pid);
        }
        else
        {
            await owner.CreatePrivateDirectory(socketDirectory, cancel);
            await Configure(cancel);
            await StartProcess(clock, cancel);
            before = EmbeddedPostgresPostmaster.Read(Cluster)
                ?? throw Failure("PostgreSQL ended as soon as it had started.", 0);
        }

        Volatile.Write(ref pid, before.Pid);
        EmbeddedPostgresLog.Ready(log, before.Pid, clock.ElapsedMilliseconds, socketDirectory);
    }

    /// <summary>The usable PostgreSQL of an earlier run, or null when there is none (any more).</summary>
    async Task<EmbeddedPostgresPostmaster?> WaitForEarlier(CancellationToken cancel)
    {
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        var deadline = Stopwatch.StartNew();
        while (EmbeddedPostgresPostmaster.Read(Cluster) is { } earlier)
        {
            if (!earlier.IsAlive(Cluster))
            {
                EmbeddedPostgresLog.StaleProcessFile(log, earlier.Pid);
                await owner.Run("rm", ["-f", "--", EmbeddedPostgresPostmaster.FileIn(Cluster)], cancel);
                return null;
            }

            if (earlier.IsReady && earlier.SocketDirectory == socketDirectory)
                return earlier;
            // It is starting, recovering or stopping: the first two end in "ready", the last in no file.
            if (deadline.Elapsed > Patience && !earlier.IsStopping)
                throw Failure($"The PostgreSQL of an earlier run (pid {earlier.Pid}) does not become ready.", 0);
            if (deadline.Elapsed > Patience * 4)
                throw Failure($"The PostgreSQL of an earlier run (pid {earlier.Pid}) does not end.", 0);
            await tick.WaitForNextTickAsync(cancel);
        }

        return null;
    }

    async Task Configure(CancellationToken cancel)
    {
        await owner.Write(Path.Combine(Cluster, "postgresql.conf"), EmbeddedPostgresSettings.Server(socketDirectory), cancel);
        await owner.Write(Path.Combine(Cluster, "pg_hba.conf"), EmbeddedPostgresSettings.Access, cancel);
        await owner.Write(Path.Combine(Cluster, "pg_ident.conf"), EmbeddedPostgresSettings.Map(Environment.UserName), cancel);
        if (File.Exists(LogFile) && new FileInfo(LogFile).Length > 16 << 20)
            await owner.Run("mv", ["-f", "--", LogFile, LogFile + ".1"], cancel);
    }

    async Task StartProcess(Stopwatch clock, CancellationToken cancel)
    {
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (true)
        {
            var logged = File.Exists(LogFile) ? new FileInfo(LogFile).Length : 0;
            var started = await owner.Run(binaries!.PgCtl,
                ["start", "-D", Cluster, "-l", LogFile, "-w", "-t", "300", "-s"], cancel);
            if (started.ExitCode == 0)
                return;

            // After a kill of the parent process alone its children need a moment to notice and leave.
            var failure = Failure($"PostgreSQL did not start: {started.Output.Trim()}", logged);
            if (clock.Elapsed > Patience || !failure.Message.Contains("is still in use", StringComparison.Ordinal))
                throw failure;
            await tick.WaitForNextTickAsync(cancel);
        }
    }

    async Task EnsureDatabase(CancellationToken cancel)
    {
        await using var maintenance = new NpgsqlConnection(ConnectionTo(socketDirectory, "postgres") + ";Pooling=false");
        await maintenance.OpenAsync(cancel);
        await using var look = new NpgsqlCommand("SELECT 1 FROM pg_database WHERE datname = $1", maintenance);
        look.Parameters.Add(new() { Value = EmbeddedPostgresSettings.Database });
        if (await look.ExecuteScalarAsync(cancel) is not null)
            return;

        await using var create = new NpgsqlCommand($"CREATE DATABASE {EmbeddedPostgresSettings.Database}", maintenance);
        await create.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>Starts the database again when it dies by itself, until this is disposed.</summary>
    async Task Watch(CancellationToken cancel)
    {
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(500));
        try
        {
            while (await tick.WaitForNextTickAsync(cancel))
            {
                if (new EmbeddedPostgresPostmaster(pid, socketDirectory, "").IsAlive(Cluster))
                    continue;

                EmbeddedPostgresLog.Died(log, pid, LogTail(0));
                try
                {
                    await Launch(cancel);
                }
                catch (Exception failure) when (failure is not OperationCanceledException)
                {
                    EmbeddedPostgresLog.NotRestarted(log, failure);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Being stopped is this loop's only end.
        }
    }

    InvalidOperationException Failure(string what, long from) =>
        new($"{what}\nThe end of {LogFile}:\n{LogTail(from)}");

    string LogTail(long from)
    {
        if (!File.Exists(LogFile))
            return "(there is no log)";
        using var file = new FileStream(LogFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        file.Position = Math.Clamp(from, Math.Max(0, file.Length - (64 << 10)), file.Length);
        using var reader = new StreamReader(file);
        return string.Join('\n', reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(LastLines));
    }

    static FileStream Claim(string dataDirectory)
    {
        try
        {
            // Held open exclusively for as long as this process lives; the system lets go of it, however we end.
            return new FileStream(Path.Combine(dataDirectory, "postgres.lock"),
                FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException failure) when (failure is not DirectoryNotFoundException)
        {
            throw new InvalidOperationException(
                $"Another server is using the data directory {dataDirectory}. Stop it, or name another MatrixBus:DataDirectory.",
                failure);
        }
    }

    /// <summary>The directory of everything PostgreSQL keeps.</summary>
    static async Task<string> Home(
        string dataDirectory, EmbeddedPostgresOwner owner, ILogger log, CancellationToken cancel)
    {
        var wanted = Path.Combine(dataDirectory, "postgres");
        if (Directory.Exists(wanted))
            return Resolve(wanted);

        if (await owner.CanEnter(dataDirectory, cancel))
        {
            await owner.CreatePrivateDirectory(wanted, cancel);
            return Resolve(wanted);
        }

        // Root started us below a directory that is closed to others, such as its home.
        var name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(dataDirectory)))[..12];
        var used = Path.Combine("/var/lib/matrix-bus", $"postgres-{name}");
        Directory.CreateDirectory("/var/lib/matrix-bus");
        await owner.CreatePrivateDirectory(used, cancel);
        Directory.CreateSymbolicLink(wanted, used);
        EmbeddedPostgresLog.Elsewhere(log, wanted, used);
        return used;
    }

    // With all links resolved, as PostgreSQL itself will name its directory.
    static string Resolve(string path)
    {
        var resolved = "/";
        foreach (var part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            resolved = Path.Combine(resolved, part);
            if (Directory.ResolveLinkTarget(resolved, returnFinalTarget: true) is { } target)
                resolved = Resolve(target.FullName);
        }

        return resolved;
    }

    static string ShortDirectory(bool ofAnotherUser)
    {
        var runtime = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");
        var parent = !ofAnotherUser && runtime is { Length: > 0 and < 60 } && Directory.Exists(runtime) ? runtime : "/tmp";
        // A name nobody can foresee, so that nobody can be there first.
        return Path.Combine(parent, $"matrix-bus-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}");
    }

    static string ConnectionTo(string socketDirectory, string database) =>
        new NpgsqlConnectionStringBuilder
        {
            Host = socketDirectory,
            Username = EmbeddedPostgresSettings.User,
            Database = database,
            // Six components' pools, and room for tools.
            MaxPoolSize = 24,
        }.ConnectionString;
}
