using Microsoft.EntityFrameworkCore;

namespace Matrix.Bus.Foundation;

/// <summary>What will happen later, as an operator sees it.</summary>
public interface ITimers
{
    /// <summary>Timers that have not fired, the soonest first; of one saga instance if it is given.</summary>
    Task<IReadOnlyList<PendingTimer>> List(Guid? instance, int limit, CancellationToken cancel);
}

/// <summary>A message that waits for its time.</summary>
/// <param name="Token">What cancels it.</param>
/// <param name="Name">The message's type.</param>
/// <param name="Instance">The saga instance that waits, if one does.</param>
/// <param name="DueAt">When it is sent.</param>
/// <param name="LastError">Why it could not be sent when it was due.</param>
public sealed record PendingTimer(Guid Token, string Name, Guid? Instance, DateTimeOffset DueAt, string? LastError);

sealed class Timers(IDbContextFactory<MessagingDb> contexts) : ITimers
{
    public async Task<IReadOnlyList<PendingTimer>> List(Guid? instance, int limit, CancellationToken cancel)
    {
        await using var db = await contexts.CreateDbContextAsync(cancel);
        var rows = await db.Timers.AsNoTracking()
            .Where(timer => instance == null || timer.Instance == instance)
            .OrderBy(timer => timer.DueAt).Take(limit)
            .Select(timer => new { timer.Token, timer.Name, timer.Instance, timer.DueAt, timer.LastError })
            .ToListAsync(cancel);
        return rows.ConvertAll(row => new PendingTimer(row.Token, row.Name, row.Instance, new DateTimeOffset(row.DueAt), row.LastError));
    }
}
