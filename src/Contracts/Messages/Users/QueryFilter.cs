using Matrix.Bus.Protocol;

namespace Matrix.Bus.Messages.Users;

/// <summary>Asks for a filter that a user stored (client-server API, "Filtering").</summary>
[AnsweredBy(ComponentNames.UserApi)]
public sealed record QueryFilter : IQuery<StoredFilter>
{
    /// <summary>Whose.</summary>
    public required UserId UserId { get; init; }

    /// <summary>The id that storing it gave.</summary>
    public required string FilterId { get; init; }
}

/// <summary>A stored filter.</summary>
public sealed record StoredFilter
{
    /// <summary>The filter's JSON object as it was stored; null if the user has none of that id.</summary>
    public RawJson? Filter { get; init; }
}
