using Matrix.Bus.Messages;
using Matrix.Bus.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Matrix.Bus.RoomServer;

/// <summary>The aliases of this server.</summary>
sealed class RoomAliasTable([FromKeyedServices(ComponentNames.RoomServer)] NpgsqlDataSource db)
{
    // Setting the same alias to the same room again is no change; to another room it is refused.
    const string AddSql = """
        INSERT INTO rooms.alias (alias, room_id, creator) VALUES ($1, $2, $3)
        ON CONFLICT (alias) DO UPDATE SET alias = excluded.alias WHERE rooms.alias.room_id = excluded.room_id
        RETURNING room_id
        """;

    /// <summary>Points an alias at a room; false if it points at another.</summary>
    public async Task<bool> Add(RoomAlias alias, RoomId room, UserId creator, CancellationToken cancel)
    {
        await using var command = db.CreateCommand(AddSql);
        command.Parameters.AddWithValue(alias.Value);
        command.Parameters.AddWithValue(room.Value);
        command.Parameters.AddWithValue(creator.Value);
        return await command.ExecuteScalarAsync(cancel) is not null;
    }

    /// <summary>Forgets an alias; false if there was none.</summary>
    public async Task<bool> Remove(RoomAlias alias, CancellationToken cancel)
    {
        await using var command = db.CreateCommand("DELETE FROM rooms.alias WHERE alias = $1");
        command.Parameters.AddWithValue(alias.Value);
        return await command.ExecuteNonQueryAsync(cancel) > 0;
    }

    /// <summary>Points an alias at the room that replaces its own.</summary>
    public async Task Move(RoomAlias alias, RoomId to, CancellationToken cancel)
    {
        await using var command = db.CreateCommand("UPDATE rooms.alias SET room_id = $2 WHERE alias = $1");
        command.Parameters.AddWithValue(alias.Value);
        command.Parameters.AddWithValue(to.Value);
        await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>Where an alias points and who set it.</summary>
    public async Task<(RoomId Room, UserId Creator)?> Find(RoomAlias alias, CancellationToken cancel)
    {
        await using var command = db.CreateCommand("SELECT room_id, creator FROM rooms.alias WHERE alias = $1");
        command.Parameters.AddWithValue(alias.Value);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? (RoomId.Parse(reader.GetString(0)), UserId.Parse(reader.GetString(1))) : null;
    }

    /// <summary>A room's aliases.</summary>
    public async Task<IReadOnlyList<RoomAlias>> Of(RoomId room, CancellationToken cancel)
    {
        await using var command = db.CreateCommand("SELECT alias FROM rooms.alias WHERE room_id = $1 ORDER BY alias");
        command.Parameters.AddWithValue(room.Value);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var aliases = new List<RoomAlias>();
        while (await reader.ReadAsync(cancel))
            aliases.Add(RoomAlias.Parse(reader.GetString(0)));
        return aliases;
    }
}
