using Microsoft.EntityFrameworkCore;

namespace Matrix.Bus.Foundation;

/// <summary>Foundation's own view of messages and timers, for whoever has no unit of work at hand.</summary>
sealed class MessagingDb(DbContextOptions<MessagingDb> options) : DbContext(options)
{
    public DbSet<OutgoingMessage> Outgoing => Set<OutgoingMessage>();

    public DbSet<TimerMessage> Timers => Set<TimerMessage>();

    protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.AddMessaging();
}
