namespace Matrix.Bus.Harness;

/// <summary>The two shapes that every behaviour has to be the same in.</summary>
public enum Shape
{
    /// <summary>One process: the bus in memory, PostgreSQL embedded.</summary>
    One = 1,

    /// <summary>Several processes on RabbitMQ, one PostgreSQL, behind one address.</summary>
    Split = 2,
}

/// <summary>What a deployment is to be like beyond its shape.</summary>
public sealed record DeploymentOptions
{
    /// <summary>The server's name.</summary>
    public string ServerName { get; init; } = "localhost";

    /// <summary>Further settings for all processes, by key below <c>MatrixBus:</c>, such as <c>RateLimits:Enabled</c>.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// A RabbitMQ and a PostgreSQL of this deployment's own, for tests that kill them; otherwise a split deployment
    /// shares those of the run.
    /// </summary>
    public bool OwnInfrastructure { get; init; }

    /// <summary>How long the whole may take to start.</summary>
    public TimeSpan StartWithin { get; init; } = TimeSpan.FromSeconds(60);
}
