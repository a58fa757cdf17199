using System.Collections.Concurrent;
using Npgsql;

namespace Matrix.Bus.Foundation;

/// <summary>One pool per connection string; a component gets the pool of its database.</summary>
public sealed class DataSources(Func<string, string> connectionStringOf) : IAsyncDisposable
{
    const string FoundationName = "Foundation";

    readonly ConcurrentDictionary<string, NpgsqlDataSource> _pools = new();

    /// <summary>A component's connection string with secrets, for a session outside the pool.</summary>
    internal string ConnectionStringOf(string component) => connectionStringOf(component);

    /// <summary>The pool that a component uses; shared by all components on the same database.</summary>
    public NpgsqlDataSource Of(string component) => _pools.GetOrAdd(connectionStringOf(component), Open);

    /// <summary>Where Foundation keeps its own: parked entries, timers, sagas.</summary>
    public NpgsqlDataSource Foundation => Of(FoundationName);

    static NpgsqlDataSource Open(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString)
        {
            // Our statements leave nothing behind in a session; resetting it would cost a round trip each time.
            NoResetOnClose = true,
            MaxAutoPrepare = 200,
            AutoPrepareMinUsages = 2,
            IncludeErrorDetail = true,
        };
        if (!settings.ContainsKey("Maximum Pool Size"))
            settings.MaxPoolSize = 40;
        // Its name is a label of every metric of the pool.
        return new NpgsqlDataSourceBuilder(settings.ConnectionString) { Name = settings.Database }.Build();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var pool in _pools.Values)
            await pool.DisposeAsync();
    }
}
