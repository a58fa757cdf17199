namespace Matrix.Bus.Foundation;

/// <summary>What a workflow is about, so that an operator finds it by what he was asked about.</summary>
public sealed record WorkflowSubject
{
    /// <summary>The room.</summary>
    public string? RoomId { get; init; }

    /// <summary>The user.</summary>
    public string? UserId { get; init; }

    /// <summary>The other server.</summary>
    public string? ServerName { get; init; }

    /// <summary>The event.</summary>
    public string? EventId { get; init; }

    /// <summary>The workflow that began this one.</summary>
    public Guid? Parent { get; init; }

    /// <summary>What it waits for, as a phrase: "send_join from b.example".</summary>
    public string? WaitingFor { get; init; }

    /// <summary>When it is stuck at the latest.</summary>
    public DateTimeOffset? Deadline { get; init; }
}

/// <summary>A saga's state that can say what it is about.</summary>
public interface IWorkflow
{
    /// <summary>Asked after each step.</summary>
    WorkflowSubject Subject();
}
