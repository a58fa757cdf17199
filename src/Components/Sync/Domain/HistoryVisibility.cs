namespace Matrix.Bus.Sync.Domain;

/// <summary>Who may see a room's events (client-server API, "Room History Visibility"). The numbers are stored.</summary>
enum HistoryVisibility
{
    /// <summary>Everybody.</summary>
    WorldReadable = 1,

    /// <summary>Members, and those who join later. Also what holds where nothing or nonsense is said.</summary>
    Shared = 2,

    /// <summary>Members from their invite on.</summary>
    Invited = 3,

    /// <summary>Members from their join on.</summary>
    Joined = 4,
}
