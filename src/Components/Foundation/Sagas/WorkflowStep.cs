using Npgsql;
using NpgsqlTypes;

namespace Matrix.Bus.Foundation;

/// <summary>One event that one instance handled.</summary>
sealed record WorkflowStep
{
    const int LongestError = 4000;

    /// <summary>This process, for whoever looks for its logs.</summary>
    public static string Host { get; } = $"{Environment.MachineName}/{Environment.ProcessId}";

    public required Guid Instance { get; init; }

    public required string Saga { get; init; }

    public required DateTime At { get; init; }

    public required string Event { get; init; }

    public required string From { get; init; }

    public required string To { get; init; }

    public Guid? MessageId { get; init; }

    public Guid? CausationId { get; init; }

    public int Attempt { get; init; }

    public string? Changed { get; init; }

    public TimeSpan Duration { get; init; }

    public string? Error { get; init; }

    public string? TraceId { get; init; }

    public required WorkflowSubject Subject { get; init; }

    public bool Ended { get; init; }

    public NpgsqlBatchCommand Insert()
    {
        var command = new NpgsqlBatchCommand("""
            INSERT INTO workflows.step (instance, saga, at, event, from_state, to_state, message_id, causation_id, attempt, changed, duration_us, error, trace_id, host)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
            """);
        Add(command, NpgsqlDbType.Uuid, Instance);
        Add(command, NpgsqlDbType.Text, Saga);
        Add(command, NpgsqlDbType.TimestampTz, At);
        Add(command, NpgsqlDbType.Text, Event);
        Add(command, NpgsqlDbType.Text, From);
        Add(command, NpgsqlDbType.Text, To);
        Add(command, NpgsqlDbType.Uuid, MessageId);
        Add(command, NpgsqlDbType.Uuid, CausationId);
        Add(command, NpgsqlDbType.Integer, Attempt);
        Add(command, NpgsqlDbType.Jsonb, Changed);
        Add(command, NpgsqlDbType.Bigint, (long)Duration.TotalMicroseconds);
        Add(command, NpgsqlDbType.Text, Text(Error));
        Add(command, NpgsqlDbType.Text, TraceId);
        Add(command, NpgsqlDbType.Text, Host);
        return command;
    }

    /// <summary>The instance as it stands after the step. A fault leaves its state and subject as they were.</summary>
    public NpgsqlBatchCommand Upsert()
    {
        var command = new NpgsqlBatchCommand("""
            INSERT INTO workflows.instance AS i (id, saga, room_id, user_id, server_name, event_id, parent, state, since, status, waiting_for, deadline, attempt, last_error, trace_id, started_at, ended_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $9, CASE WHEN $10 = 3 THEN $9 END)
            ON CONFLICT (id) DO UPDATE SET
                room_id = coalesce(excluded.room_id, i.room_id), user_id = coalesce(excluded.user_id, i.user_id),
                server_name = coalesce(excluded.server_name, i.server_name), event_id = coalesce(excluded.event_id, i.event_id),
                parent = coalesce(excluded.parent, i.parent),
                state = CASE WHEN excluded.status = 2 THEN i.state ELSE excluded.state END,
                since = CASE WHEN excluded.status = 2 OR excluded.state = i.state THEN i.since ELSE excluded.since END,
                status = excluded.status,
                waiting_for = CASE WHEN excluded.status = 2 THEN i.waiting_for ELSE excluded.waiting_for END,
                deadline = CASE WHEN excluded.status = 2 THEN i.deadline ELSE excluded.deadline END,
                attempt = excluded.attempt,
                last_error = coalesce(excluded.last_error, i.last_error),
                ended_at = CASE WHEN excluded.status = 3 THEN coalesce(i.ended_at, excluded.ended_at) END
            """);
        Add(command, NpgsqlDbType.Uuid, Instance);
        Add(command, NpgsqlDbType.Text, Saga);
        Add(command, NpgsqlDbType.Text, Text(Subject.RoomId));
        Add(command, NpgsqlDbType.Text, Text(Subject.UserId));
        Add(command, NpgsqlDbType.Text, Text(Subject.ServerName));
        Add(command, NpgsqlDbType.Text, Text(Subject.EventId));
        Add(command, NpgsqlDbType.Uuid, Subject.Parent);
        Add(command, NpgsqlDbType.Text, To);
        Add(command, NpgsqlDbType.TimestampTz, At);
        Add(command, NpgsqlDbType.Smallint, (short)(Error is not null ? 2 : Ended ? 3 : 1));
        Add(command, NpgsqlDbType.Text, Text(Subject.WaitingFor));
        Add(command, NpgsqlDbType.TimestampTz, Subject.Deadline?.UtcDateTime);
        Add(command, NpgsqlDbType.Integer, Attempt);
        Add(command, NpgsqlDbType.Text, Text(Error));
        Add(command, NpgsqlDbType.Text, TraceId);
        return command;
    }

    /// <summary>PostgreSQL's text has no NUL, and an error may quote anything at any length.</summary>
    public static string? Text(string? text) => text?.Replace('\0', '\ufffd')[..Math.Min(text.Length, LongestError)];

    static void Add(NpgsqlBatchCommand command, NpgsqlDbType type, object? value) =>
        command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value, NpgsqlDbType = type });
}
