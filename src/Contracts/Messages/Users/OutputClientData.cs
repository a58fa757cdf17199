using Matrix.Bus.Protocol;

namespace Matrix.Bus.Messages.Users;

/// <summary>A user's data changed: account data, tags (which are account data of type <c>m.tag</c>), push rules
/// (<c>m.push_rules</c>).</summary>
[Log("client-data", ComponentNames.UserApi)]
public sealed record OutputClientData : ILogEntry
{
    /// <inheritdoc/>
    public string Key => UserId.Value;

    /// <summary>Whose.</summary>
    public required UserId UserId { get; init; }

    /// <summary>In which room; null for global.</summary>
    public RoomId? RoomId { get; init; }

    /// <summary>The type.</summary>
    public required string Type { get; init; }

    /// <summary>The content, an object.</summary>
    public required RawJson Content { get; init; }
}
