using Microsoft.EntityFrameworkCore;

namespace Matrix.Bus.Foundation;

/// <summary>The unit of work of a message or a request; one per dependency injection scope.</summary>
sealed class MessagingScope
{
    /// <summary>Holds its transaction.</summary>
    public DbContext? Db { get; set; }

    /// <summary>The saga instance that is at work.</summary>
    public Guid? Instance { get; set; }
}
