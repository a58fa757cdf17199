namespace Matrix.Bus.Messages.Sync;

/// <summary>The sync stream has moved: hosts read what they do not have yet and wake the clients it concerns.</summary>
public sealed record SyncAdvanced : IBroadcast
{
    /// <summary>The newest committed position.</summary>
    public required long Position { get; init; }
}
