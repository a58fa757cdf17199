namespace Matrix.Bus.Clients.History;

/// <summary>What one client read of one room, oldest event first.</summary>
/// <param name="reader">Who read, and how: stands in the evidence.</param>
/// <param name="room">The room's id.</param>
/// <param name="complete">
/// True if it claims to hold the whole room; false if it starts somewhere and claims to hold everything from there on.
/// </param>
public sealed class Reading(string reader, string room, bool complete)
{
    /// <summary>Who read, and how.</summary>
    public string Reader { get; } = reader;

    /// <summary>The room's id.</summary>
    public string Room { get; } = room;

    /// <summary>True if it claims to hold the whole room.</summary>
    public bool Complete { get; } = complete;

    /// <summary>
    /// For a reading that continues from a token: the newest event the token's holder had seen (empty if none), which the first
    /// event read must directly follow. Null where nothing is claimed.
    /// </summary>
    public string? Follows { get; init; }

    /// <summary>The events in the order read.</summary>
    public List<Seen> Events { get; } = [];

    /// <summary>Gaps not yet filled, in ascending order.</summary>
    public List<Gap> Gaps { get; } = [];

    /// <summary>Appends one timeline of a sync.</summary>
    public void Append(IReadOnlyCollection<Seen> timeline, bool limited, string? previousBatch)
    {
        if (limited)
            Gaps.Add(new Gap(Events.Count, previousBatch));
        Events.AddRange(timeline);
    }
}
