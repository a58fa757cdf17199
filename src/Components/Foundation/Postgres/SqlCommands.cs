using Npgsql;

namespace Matrix.Bus.Foundation;

/// <summary>One statement with positional parameters, without the ceremony. Hot paths write their batches themselves.</summary>
public static class SqlCommands
{
    /// <summary>Runs a statement; answers the rows affected.</summary>
    public static async Task<int> Execute(this NpgsqlDataSource db, string sql, CancellationToken cancel, params IEnumerable<object?> parameters)
    {
        await using var command = db.CreateCommand(sql);
        Bind(command, parameters);
        return await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>Runs a statement in the connection's transaction; answers the rows affected.</summary>
    public static async Task<int> Execute(this NpgsqlConnection connection, string sql, CancellationToken cancel, params IEnumerable<object?> parameters)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        Bind(command, parameters);
        return await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>All rows.</summary>
    public static async Task<List<T>> Rows<T>(this NpgsqlDataSource db, string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancel, params IEnumerable<object?> parameters)
    {
        await using var command = db.CreateCommand(sql);
        Bind(command, parameters);
        return await Read(command, read, cancel);
    }

    /// <summary>All rows, in the connection's transaction.</summary>
    public static async Task<List<T>> Rows<T>(this NpgsqlConnection connection, string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancel, params IEnumerable<object?> parameters)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        Bind(command, parameters);
        return await Read(command, read, cancel);
    }

    /// <summary>The first row, or the default if there is none.</summary>
    public static async Task<T?> Row<T>(this NpgsqlDataSource db, string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancel, params IEnumerable<object?> parameters) =>
        (await db.Rows(sql, read, cancel, parameters)).FirstOrDefault();

    /// <summary>The first row, or the default if there is none, in the connection's transaction.</summary>
    public static async Task<T?> Row<T>(this NpgsqlConnection connection, string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancel, params IEnumerable<object?> parameters) =>
        (await connection.Rows(sql, read, cancel, parameters)).FirstOrDefault();

    /// <summary>Runs <paramref name="work"/> in a transaction and commits it; rolls back if it throws.</summary>
    public static async Task<T> Transaction<T>(this NpgsqlDataSource db, Func<NpgsqlConnection, Task<T>> work, CancellationToken cancel)
    {
        await using var connection = await db.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var result = await work(connection);
        await transaction.CommitAsync(cancel);
        return result;
    }

    /// <summary>A column that may be NULL.</summary>
    public static T? Maybe<T>(this NpgsqlDataReader reader, int column) =>
        reader.IsDBNull(column) ? default : reader.GetFieldValue<T>(column);

    static void Bind(NpgsqlCommand command, IEnumerable<object?> parameters)
    {
        foreach (var parameter in parameters)
            command.Parameters.AddWithValue(parameter ?? DBNull.Value);
    }

    static async Task<List<T>> Read<T>(NpgsqlCommand command, Func<NpgsqlDataReader, T> read, CancellationToken cancel)
    {
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancel))
            rows.Add(read(reader));
        return rows;
    }
}
