using Matrix.Bus.Protocol;
using Microsoft.Extensions.Configuration;

namespace Matrix.Bus.RoomServer;

/// <summary>What can be set about rooms, and what this component needs of the server's settings.</summary>
sealed record RoomServerOptions
{
    /// <summary>The server's name: only its users' drafts are taken.</summary>
    public required ServerName ServerName { get; init; }

    /// <summary>The version of rooms that ask for none.</summary>
    public required RoomVersion DefaultRoomVersion { get; init; }

    /// <summary>How many rooms a host keeps in memory.</summary>
    public int MaxHotRooms { get; init; } = 10_000;

    /// <summary>How many commits run at once; more of them commit smaller groups.</summary>
    public int CommitLanes { get; init; } = 2;

    /// <summary>Reads them from the section <c>MatrixBus</c>.</summary>
    public static RoomServerOptions Read(IConfiguration configuration) => new()
    {
        ServerName = ServerName.Parse(configuration["ServerName"] ?? "localhost"),
        DefaultRoomVersion = RoomVersion.Find(configuration["Rooms:DefaultVersion"] ?? "12")
            ?? throw new InvalidOperationException($"MatrixBus:Rooms:DefaultVersion: '{configuration["Rooms:DefaultVersion"]}' is no room version this server speaks (1 to 12)."),
        MaxHotRooms = configuration.GetValue("Rooms:MaxHot", 10_000),
    };
}
