namespace Matrix.Bus.Clients.History;

/// <summary>All that the clients of one run were told.</summary>
/// <param name="Acknowledged">The sends answered with 200, one entry for each answer: a retry that was answered too stands here again.</param>
/// <param name="Readings">What was read, by everybody.</param>
/// <param name="Tokens">The sync tokens of each client.</param>
public sealed record ClientHistory(
    IReadOnlyList<Acknowledged> Acknowledged,
    IReadOnlyList<Reading> Readings,
    IReadOnlyList<TokenTrace> Tokens);
