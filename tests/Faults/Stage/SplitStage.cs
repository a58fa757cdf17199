using System.Globalization;
using Matrix.Bus.Clients;
using Matrix.Bus.Faults.Schedules;
using Matrix.Bus.Harness;
using Npgsql;

namespace Matrix.Bus.Faults.Stage;

/// <summary>Two processes for every role, a broker and a database, each process with links of its own to both.</summary>
sealed class SplitStage : Stage
{
    static readonly (string Role, string Components)[] Roles =
    [
        ("edge", "ClientApi,Sync"),
        ("room", "RoomServer"),
        ("users", "UserApi,EduServer,Receipts"),
    ];

    static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);

    readonly List<Cable> _cables = [];
    readonly TemporaryDirectory _directory = new();
    PrivatePostgres? _postgres;
    PrivateRabbitMq? _broker;

    SplitStage(Journal journal)
        : base(journal)
    {
    }

    /// <summary>Starts all of it and waits until it answers.</summary>
    /// <param name="logs">Where the processes' logs go; null for somewhere temporary.</param>
    /// <param name="journal">The journal of the run.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<SplitStage> Start(string? logs, Journal journal, CancellationToken cancel)
    {
        var stage = new SplitStage(journal);
        try
        {
            await stage.Build(logs ?? stage._directory.Directory, cancel);
            return stage;
        }
        catch
        {
            await stage.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        foreach (var cable in _cables)
            await cable.DisposeAsync();
        if (_broker is not null)
            await _broker.DisposeAsync();
        if (_postgres is not null)
            await _postgres.DisposeAsync();
        _directory.Dispose();
    }

    async Task Build(string logs, CancellationToken cancel)
    {
        _postgres = await PrivatePostgres.Start(cancel);
        _broker = await PrivateRabbitMq.Start(cancel);
        var database = new NpgsqlConnectionStringBuilder(await _postgres.NewDatabase(cancel));
        var access = await _broker.NewVirtualHost(cancel);
        var socket = Path.Combine(database.Host!, $".s.PGSQL.{database.Port}");

        Victims.Add(new PostgresVictim(
            new Target("postgres", [FaultKind.Kill, FaultKind.Pause, FaultKind.Crash], 3, Longest, TimeSpan.FromSeconds(8)), () => _postgres.Pid));
        Victims.Add(new ProcessVictim(
            new Target("rabbitmq", [FaultKind.Kill, FaultKind.Pause], 3, Longest, TimeSpan.FromSeconds(20)), _broker.Process, null, Journal));

        var edges = new List<Homeserver>();
        foreach (var (role, components) in Roles)
        {
            for (var number = 1; number <= 2; number++)
            {
                var name = string.Create(CultureInfo.InvariantCulture, $"{role}-{number}");
                var toBroker = AddCable($"{name}~broker", Cable.ToPort(access.Port));
                var toDatabase = AddCable($"{name}~postgres", Cable.ToSocket(socket));
                var near = new NpgsqlConnectionStringBuilder(database.ConnectionString) { Host = "127.0.0.1", Port = toDatabase.Port };
                var settings = new ServerSettings(LoopbackPorts.Next(), _directory["data"], Secret)
                {
                    ["MatrixBus__Components"] = components,
                    ["MatrixBus__Database__ConnectionString"] = near.ConnectionString,
                    ["MatrixBus__Bus__Transport"] = "RabbitMq",
                    ["MatrixBus__Bus__RabbitMq__Host"] = "127.0.0.1",
                    ["MatrixBus__Bus__RabbitMq__Port"] = toBroker.Port.ToString(CultureInfo.InvariantCulture),
                    ["MatrixBus__Bus__RabbitMq__VirtualHost"] = access.VirtualHost,
                    ["MatrixBus__Bus__RabbitMq__Username"] = access.Username,
                    ["MatrixBus__Bus__RabbitMq__Password"] = access.Password,
                };
                var process = settings.Start(name, Path.Combine(logs, name + ".log"));
                var edge = role == "edge" ? new Homeserver(settings.Url) : null;
                if (edge is not null)
                    edges.Add(edge);
                Victims.Add(new ProcessVictim(new Target(name, [FaultKind.Kill, FaultKind.Pause], 4, Longest, TimeSpan.FromSeconds(6)),
                    process, edge is null ? null : () => Answers(edge), Journal));
            }
        }
        Edges = edges;
        Supervise();
        await WaitUntilUp(TimeSpan.FromSeconds(90), cancel);
    }

    Cable AddCable(string name, Cable cable)
    {
        _cables.Add(cable);
        Victims.Add(new CableVictim(new Target(name, [FaultKind.Cut, FaultKind.Silence, FaultKind.Reset], 1, Longest, TimeSpan.FromSeconds(3)), cable));
        return cable;
    }
}
