using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Matrix.Bus.Foundation;

/// <summary>Makes a DbContext able to hold outgoing messages and timers in its own transactions.</summary>
public static partial class MessagingModel
{
    /// <summary>Maps the tables of Foundation's schema; call it in <c>OnModelCreating</c>.</summary>
    public static ModelBuilder AddMessaging(this ModelBuilder model)
    {
        model.Entity<OutgoingMessage>(outgoing =>
        {
            outgoing.ToTable("outgoing", "foundation", table => table.ExcludeFromMigrations());
            outgoing.HasKey(message => message.Sequence);
            SnakeCase(outgoing);
        });
        model.Entity<TimerMessage>(timer =>
        {
            timer.ToTable("timer", "foundation", table => table.ExcludeFromMigrations());
            timer.HasKey(message => message.Token);
            timer.Property(message => message.Token).ValueGeneratedNever();
            SnakeCase(timer);
        });
        return model;
    }

    static void SnakeCase<T>(EntityTypeBuilder<T> entity)
        where T : class
    {
        foreach (var property in entity.Metadata.GetProperties())
            property.SetColumnName(Hump().Replace(property.Name, "_$0").ToLowerInvariant());
    }

    [GeneratedRegex("(?<!^)[A-Z]", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Hump();
}
