using Matrix.Bus.Foundation;

namespace Matrix.Bus.Hosts;

/// <summary>How the settings say to reach the broker.</summary>
static class Broker
{
    public static RabbitMqConnection Connection(MatrixBusOptions options)
    {
        var rabbit = options.Bus.RabbitMq;
        var role = options.Components.Count == 0 ? "all" : string.Join('+', options.Components);
        return new RabbitMqConnection
        {
            Host = rabbit.Host,
            Port = rabbit.Port ?? (ushort)(rabbit.Tls ? 5671 : 5672),
            VirtualHost = rabbit.VirtualHost,
            Username = rabbit.Username!,
            Password = rabbit.Password!,
            Tls = rabbit.Tls,
            Prefix = rabbit.Prefix,
            ConnectionName = $"matrix-bus/{options.ServerName}/{role}/{Environment.MachineName}-{Environment.ProcessId}",
        };
    }
}
