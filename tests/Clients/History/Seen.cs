namespace Matrix.Bus.Clients.History;

/// <summary>An event as a client saw it.</summary>
/// <param name="EventId">Its id.</param>
/// <param name="Key">The transaction id it was sent with, which our senders also write into its content; null for events not ours.</param>
public readonly record struct Seen(string EventId, string? Key);

/// <summary>A send that the server answered with 200.</summary>
/// <param name="Room">The room's id.</param>
/// <param name="Key">The transaction id.</param>
/// <param name="EventId">The event id in the answer.</param>
public readonly record struct Acknowledged(string Room, string Key, string EventId);

/// <summary>A place where a timeline said <c>limited</c>: events are missing before <paramref name="Index"/>.</summary>
/// <param name="Index">Where in the reading the events belong.</param>
/// <param name="PreviousBatch">From where to page back.</param>
public sealed record Gap(int Index, string? PreviousBatch);
