namespace Matrix.Bus.Clients.History;

/// <summary>What a homeserver promises its clients.</summary>
public enum Invariant
{
    /// <summary>Every acknowledged event is in its room, for everybody.</summary>
    NothingLost = 1,

    /// <summary>No reader is shown an event twice.</summary>
    NothingTwice = 2,

    /// <summary>All readers see the same events in the same order.</summary>
    OneOrder = 3,

    /// <summary>A timeline has no holes: after an event comes its successor, also over tokens and filled gaps.</summary>
    NothingSkipped = 4,

    /// <summary>One transaction id, one event, however often it was retried.</summary>
    OneEventPerTransaction = 5,

    /// <summary>A client's sync tokens never go backwards.</summary>
    TokensMonotone = 6,

    /// <summary>What must be answered is answered in the end: sends after healing, gaps, pages.</summary>
    Answers = 7,
}

/// <summary>A promise that was broken, with the evidence.</summary>
/// <param name="Invariant">Which.</param>
/// <param name="Room">Where; empty if no room is concerned.</param>
/// <param name="Reader">Who saw it.</param>
/// <param name="Evidence">Event ids, keys and positions.</param>
public sealed record Finding(Invariant Invariant, string Room, string Reader, string Evidence)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Invariant}: {Evidence} (room {Room}, seen by {Reader})";
}
