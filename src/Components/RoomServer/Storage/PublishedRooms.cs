using Matrix.Bus.Messages;
using Matrix.Bus.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Matrix.Bus.RoomServer;

/// <summary>Which rooms the directory shows.</summary>
sealed class PublishedRooms([FromKeyedServices(ComponentNames.RoomServer)] NpgsqlDataSource db)
{
    /// <summary>Shows a room.</summary>
    public async Task Publish(RoomId room, UserId by, CancellationToken cancel)
    {
        await using var command = db.CreateCommand("INSERT INTO rooms.published (room_id, published_by) VALUES ($1, $2) ON CONFLICT (room_id) DO NOTHING");
        command.Parameters.AddWithValue(room.Value);
        command.Parameters.AddWithValue(by.Value);
        await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>Shows it no longer.</summary>
    public async Task Unpublish(RoomId room, CancellationToken cancel)
    {
        await using var command = db.CreateCommand("DELETE FROM rooms.published WHERE room_id = $1");
        command.Parameters.AddWithValue(room.Value);
        await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>Whether it is shown.</summary>
    public async Task<bool> IsPublished(RoomId room, CancellationToken cancel)
    {
        await using var command = db.CreateCommand("SELECT EXISTS (SELECT 1 FROM rooms.published WHERE room_id = $1)");
        command.Parameters.AddWithValue(room.Value);
        return (bool)(await command.ExecuteScalarAsync(cancel))!;
    }

    /// <summary>All that are shown, in order of their ids.</summary>
    public async Task<IReadOnlyList<RoomId>> All(CancellationToken cancel)
    {
        await using var command = db.CreateCommand("SELECT room_id FROM rooms.published ORDER BY room_id");
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var rooms = new List<RoomId>();
        while (await reader.ReadAsync(cancel))
            rooms.Add(RoomId.Parse(reader.GetString(0)));
        return rooms;
    }
}
