using MassTransit;

namespace Matrix.Bus.Foundation;

/// <summary>Where the broker is and who we are there.</summary>
public sealed record RabbitMqConnection
{
    /// <summary>Host name or address.</summary>
    public required string Host { get; init; }

    /// <summary>AMQP port.</summary>
    public ushort Port { get; init; } = 5672;

    /// <summary>Our virtual host.</summary>
    public string VirtualHost { get; init; } = "/";

    /// <summary>Our user.</summary>
    public required string Username { get; init; }

    /// <summary>The user's password.</summary>
    public required string Password { get; init; }

    /// <summary>AMQPS.</summary>
    public bool Tls { get; init; }

    /// <summary>What every exchange and queue name begins with.</summary>
    public string Prefix { get; init; } = "matrix";

    /// <summary>Shown in RabbitMQ's list of connections: server/role/instance.</summary>
    public string ConnectionName { get; init; } = "matrix-bus";

    internal void Configure(IRabbitMqBusFactoryConfigurator configure, string role, bool confirms) =>
        configure.Host(Host, Port, VirtualHost, $"{ConnectionName}/{role}", host =>
        {
            host.Username(Username);
            host.Password(Password);
            host.PublisherConfirmation = confirms;
            host.Heartbeat(10);
            if (Tls)
                host.UseSsl(ssl => ssl.ServerName = Host);
        });
}

/// <summary>This process among the server's processes.</summary>
public sealed class HostIdentity
{
    /// <summary>Unique per start.</summary>
    public string Id { get; } = Guid.NewGuid().ToString("N")[..12];
}
