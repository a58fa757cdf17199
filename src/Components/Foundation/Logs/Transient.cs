using System.Net.Sockets;
using Matrix.Bus.Messages;
using Npgsql;

namespace Matrix.Bus.Foundation;

/// <summary>Tells a database or bus that is away from a message that is poisoned: the first is waited for, the second parked.</summary>
static class Transient
{
    public static bool Is(Exception exception) => exception switch
    {
        NpgsqlException { IsTransient: true } => true,
        NpgsqlException { InnerException: SocketException or IOException or TimeoutException } => true,
        PostgresException { SqlState: "57P01" or "57P02" or "57P03" or "40001" or "40P01" or "53300" } => true,
        SocketException or TimeoutException => true,
        RefusedException => false,
        _ => exception.InnerException is { } inner && Is(inner),
    };
}
