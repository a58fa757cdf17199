using Matrix.Bus.Protocol;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Npgsql;

namespace Matrix.Bus.Foundation;

/// <summary>Who this server is: its name and the key it signs with.</summary>
/// <remarks>
/// The key is kept in PostgreSQL, because the processes of one server may run on several machines and must sign with one key: the
/// first that starts makes it, the others find it. The file <c>signing.key</c> in the data directory is the operator's: if it is
/// there at the first start its key is taken over (moving from another server), and a new key is written there for safekeeping.
/// A file that names another key than the database stops the start, for nobody could tell which one is meant.
/// </remarks>
public sealed class ServerIdentity(ServerName name, string dataDirectory, DataSources databases) : IDisposable
{
    const string FindSql = "SELECT line FROM foundation.signing_key WHERE server_name = $1";
    const string AddSql = "INSERT INTO foundation.signing_key (server_name, line) VALUES ($1, $2) ON CONFLICT (server_name) DO NOTHING";

    readonly SemaphoreSlim _once = new(1);
    SigningKey? _key;

    /// <summary>The server's name.</summary>
    public ServerName ServerName { get; } = name;

    /// <summary>The key it signs with; loaded, or made, when first asked for.</summary>
    /// <exception cref="InvalidOperationException">The file in the data directory holds another key than the database.</exception>
    public async ValueTask<SigningKey> SigningKey(CancellationToken cancel)
    {
        if (Volatile.Read(ref _key) is { } known)
            return known;
        await _once.WaitAsync(cancel);
        try
        {
            return _key ??= await Load(cancel);
        }
        finally
        {
            _once.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _once.Dispose();

    async Task<SigningKey> Load(CancellationToken cancel)
    {
        var file = Path.Combine(dataDirectory, "signing.key");
        var written = File.Exists(file) ? Protocol.SigningKey.Parse((await File.ReadAllTextAsync(file, cancel)).Trim()) : null;
        if (await Find(cancel) is not { } line)
        {
            await using var add = databases.Foundation.CreateCommand(AddSql);
            add.Parameters.Add(new NpgsqlParameter<string> { TypedValue = ServerName.Value });
            add.Parameters.Add(new NpgsqlParameter<string> { TypedValue = (written ?? Protocol.SigningKey.Generate()).Export() });
            await add.ExecuteNonQueryAsync(cancel);
            // Another process may have been quicker: what is stored counts.
            line = (await Find(cancel))!;
        }

        var key = Protocol.SigningKey.Parse(line);
        if (written is null)
            await Write(file, line, cancel);
        else if (written.Export() != line)
            throw new InvalidOperationException($"{file} holds the key {written.KeyId}, the database another one ({key.KeyId}) for {ServerName}. Remove the file to sign with the database's key.");
        return key;
    }

    async Task<string?> Find(CancellationToken cancel)
    {
        await using var command = databases.Foundation.CreateCommand(FindSql);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = ServerName.Value });
        return (string?)await command.ExecuteScalarAsync(cancel);
    }

    static async Task Write(string file, string line, CancellationToken cancel)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        await using var writer = new StreamWriter(file, options);
        await writer.WriteLineAsync(line.AsMemory(), cancel);
    }
}

/// <summary>Registers the identity.</summary>
public static class ServerIdentityRegistration
{
    /// <summary>Adds <see cref="ServerIdentity"/> once, from the section <c>MatrixBus</c>.</summary>
    public static void AddServerIdentity(this IServiceCollection services, IConfiguration configuration) =>
        services.TryAddSingleton(provider => new ServerIdentity(
            ServerName.Parse(configuration["ServerName"] ?? "localhost"), configuration["DataDirectory"] ?? "data", provider.GetRequiredService<DataSources>()));
}
