using MassTransit;
using MassTransit.Middleware;
using MassTransit.Middleware.Outbox;
using MassTransit.Transports;
using Npgsql;
using NpgsqlTypes;

namespace Matrix.Bus.Foundation;

/// <summary>Sends in the transaction of plain SQL: what is rolled back is not sent.</summary>
public interface IOutbox
{
    /// <summary>Publishes when the connection's transaction has committed; at once if it has none.</summary>
    Task Publish<T>(NpgsqlConnection connection, T message, CancellationToken cancel)
        where T : class;

    /// <summary>Sends when the connection's transaction has committed; at once if it has none.</summary>
    Task Send<T>(NpgsqlConnection connection, Uri destination, T message, CancellationToken cancel)
        where T : class;

    /// <summary>Say it after the commit: the message leaves at once rather than within a second.</summary>
    void Committed();
}

sealed class Outbox(IBus bus, OutboxSignal signal, TimeProvider clock) : IOutbox
{
    const string Sql = """
        INSERT INTO foundation.outgoing (message_id, conversation, correlation, initiator, request, destination, source, response, fault,
            sent_at, expires_at, content_type, message_type, body, headers, properties)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
        """;

    public async Task Publish<T>(NpgsqlConnection connection, T message, CancellationToken cancel)
        where T : class
    {
        var captured = new Capture(clock);
        await new PublishEndpoint(new OutboxPublishEndpointProvider(captured, bus)).Publish(message, cancel);
        await Write(connection, captured, cancel);
    }

    public async Task Send<T>(NpgsqlConnection connection, Uri destination, T message, CancellationToken cancel)
        where T : class
    {
        var captured = new Capture(clock);
        var endpoint = await new OutboxSendEndpointProvider(captured, bus).GetSendEndpoint(destination);
        await endpoint.Send(message, cancel);
        await Write(connection, captured, cancel);
    }

    public void Committed() => signal.Set();

    static async Task Write(NpgsqlConnection connection, Capture captured, CancellationToken cancel)
    {
        foreach (var row in captured.Rows)
        {
            await using var command = new NpgsqlCommand(Sql, connection);
            Add(command, NpgsqlDbType.Uuid, row.MessageId, row.Conversation, row.Correlation, row.Initiator, row.Request);
            Add(command, NpgsqlDbType.Text, row.Destination, row.Source, row.Response, row.Fault);
            Add(command, NpgsqlDbType.TimestampTz, row.SentAt, row.ExpiresAt);
            Add(command, NpgsqlDbType.Text, row.ContentType, row.MessageType, row.Body, row.Headers, row.Properties);
            await command.ExecuteNonQueryAsync(cancel);
        }
    }

    static void Add(NpgsqlCommand command, NpgsqlDbType type, params object?[] values)
    {
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value, NpgsqlDbType = type });
    }

    sealed class Capture(TimeProvider clock) : OutboxSendContext
    {
        public List<OutgoingMessage> Rows { get; } = [];

        public Task AddSend<T>(SendContext<T> context)
            where T : class
        {
            var row = new OutgoingMessage();
            row.Take(context, clock.GetUtcNow().UtcDateTime);
            Rows.Add(row);
            return Task.CompletedTask;
        }

        public object? GetService(Type serviceType) => null;
    }
}
