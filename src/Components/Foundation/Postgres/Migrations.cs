using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Matrix.Bus.Foundation;

/// <summary>Brings each component's schema up to date from its embedded SQL files, in order, once, under a lock.</summary>
/// <remarks>A migration that was applied and has changed since stops the start: its database is not the one this build knows.</remarks>
public sealed class Migrations(DataSources databases, IEnumerable<ComponentSchema> schemas, ILogger<Migrations> log)
{
    const long Lock = 0x4D78_4275_7301;

    const string HistorySql = """
        CREATE SCHEMA IF NOT EXISTS foundation;
        CREATE TABLE IF NOT EXISTS foundation.migration (
            schema_name text NOT NULL,
            name        text NOT NULL,
            sha256      text NOT NULL,
            applied_at  timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (schema_name, name));
        """;

    /// <summary>Applies what is missing.</summary>
    public async Task Apply(CancellationToken cancel)
    {
        var all = schemas.Prepend(new ComponentSchema("Foundation", "foundation", typeof(Migrations).Assembly)).DistinctBy(schema => schema.Schema);
        foreach (var schema in all)
            await Apply(schema, cancel);
    }

    async Task Apply(ComponentSchema schema, CancellationToken cancel)
    {
        await using var connection = await databases.Of(schema.Component).OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await Execute(connection, $"SELECT pg_advisory_xact_lock({Lock})", cancel);
        await Execute(connection, HistorySql + $"CREATE SCHEMA IF NOT EXISTS {schema.Schema};", cancel);

        var applied = new Dictionary<string, string>();
        await using (var command = new NpgsqlCommand("SELECT name, sha256 FROM foundation.migration WHERE schema_name = $1", connection))
        {
            command.Parameters.AddWithValue(schema.Schema);
            await using var reader = await command.ExecuteReaderAsync(cancel);
            while (await reader.ReadAsync(cancel))
                applied[reader.GetString(0)] = reader.GetString(1);
        }

        foreach (var (name, sql) in Files(schema))
        {
            var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(sql)));
            if (applied.TryGetValue(name, out var known))
            {
                if (known != hash)
                    throw new InvalidOperationException($"Migration {schema.Schema}/{name} was applied in another form ({known[..12]}, this build has {hash[..12]}). Use the build that made this database, or a fresh one.");
                continue;
            }
            await Execute(connection, sql, cancel);
            await using var record = new NpgsqlCommand("INSERT INTO foundation.migration (schema_name, name, sha256) VALUES ($1, $2, $3)", connection);
            record.Parameters.AddWithValue(schema.Schema);
            record.Parameters.AddWithValue(name);
            record.Parameters.AddWithValue(hash);
            await record.ExecuteNonQueryAsync(cancel);
            log.MigrationApplied(schema.Schema, name);
        }
        await transaction.CommitAsync(cancel);
    }

    static IEnumerable<(string Name, string Sql)> Files(ComponentSchema schema)
    {
        const string Marker = ".Migrations.";
        var assembly = schema.Migrations;
        foreach (var resource in assembly.GetManifestResourceNames().Where(name => name.EndsWith(".sql", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
            var start = resource.IndexOf(Marker, StringComparison.Ordinal);
            yield return (start < 0 ? resource : resource[(start + Marker.Length)..], reader.ReadToEnd());
        }
    }

    static async Task Execute(NpgsqlConnection connection, string sql, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancel);
    }
}
