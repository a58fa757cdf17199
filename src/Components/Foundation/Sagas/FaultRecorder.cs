using MassTransit;
using Npgsql;
using NpgsqlTypes;

namespace Matrix.Bus.Foundation;

/// <summary>Keeps a message that could not be handled, on either transport alike; RabbitMQ's error queue gets it too.</summary>
sealed class FaultRecorder(DataSources databases, TimeProvider clock) : IFilter<ExceptionReceiveContext>
{
    const string Sql = """
        INSERT INTO workflows.fault (at, endpoint, message_id, correlation, message_type, content_type, body, exception, error, stack, host)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """;

    public async Task Send(ExceptionReceiveContext context, IPipe<ExceptionReceiveContext> next)
    {
        var exception = context.Exception.GetBaseException();
        context.TryGetPayload(out ConsumeContext? consumed);
        await using (var command = databases.Foundation.CreateCommand(Sql))
        {
            Add(command, NpgsqlDbType.TimestampTz, clock.GetUtcNow().UtcDateTime);
            Add(command, NpgsqlDbType.Text, context.InputAddress.AbsolutePath[(context.InputAddress.AbsolutePath.LastIndexOf('/') + 1)..]);
            Add(command, NpgsqlDbType.Uuid, consumed?.MessageId);
            Add(command, NpgsqlDbType.Uuid, consumed?.CorrelationId);
            Add(command, NpgsqlDbType.Text, consumed?.SupportedMessageTypes.FirstOrDefault());
            Add(command, NpgsqlDbType.Text, context.ContentType?.ToString());
            // Bytes, because the body's own text is wrong on RabbitMQ.
            Add(command, NpgsqlDbType.Bytea, context.Body.GetBytes());
            Add(command, NpgsqlDbType.Text, exception.GetType().FullName);
            Add(command, NpgsqlDbType.Text, WorkflowStep.Text(exception.Message));
            Add(command, NpgsqlDbType.Text, WorkflowStep.Text(exception.StackTrace));
            Add(command, NpgsqlDbType.Text, WorkflowStep.Host);
            await command.ExecuteNonQueryAsync(CancellationToken.None);
        }
        await next.Send(context);
    }

    public void Probe(ProbeContext context) => context.CreateFilterScope("faultRecorder");

    static void Add(NpgsqlCommand command, NpgsqlDbType type, object? value) =>
        command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value, NpgsqlDbType = type });
}
