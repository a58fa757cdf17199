namespace Matrix.Bus.Sync.Domain;

/// <summary>What a client was told of who types, carried in its token: per room with somebody typing, a hash of the room and one of
/// who it is. Any host can thus tell what is new to the client, and none has to remember it.</summary>
/// <remarks>Written as letters alone (base 16, a to p): 16 for each room.</remarks>
static class TypingMarks
{
    /// <summary>Rooms beyond this many are not told of: a token has to fit into a URL.</summary>
    public const int MaxRooms = 32;

    const int Width = 16;

    /// <summary>Nothing was told.</summary>
    public static IReadOnlyDictionary<uint, uint> None { get; } = new Dictionary<uint, uint>();

    /// <summary>The hash of a room's id.</summary>
    public static uint Of(string roomId) => Hash(2166136261, roomId);

    /// <summary>The hash of who types, in order; 0 for nobody.</summary>
    public static uint Of(IReadOnlyList<string> users)
    {
        if (users.Count == 0)
            return 0;
        var hash = 2166136261;
        foreach (var user in users)
            hash = Hash(Hash(hash, user), "\n");
        return hash == 0 ? 1 : hash;
    }

    /// <summary>The text of marks.</summary>
    public static string Write(IReadOnlyDictionary<uint, uint> marks) => string.Create(marks.Count * Width, marks, static (text, marks) =>
    {
        var at = 0;
        foreach (var (room, users) in marks.OrderBy(mark => mark.Key))
        {
            var bits = ((ulong)room << 32) | users;
            for (var shift = 60; shift >= 0; shift -= 4)
                text[at++] = (char)('a' + (int)((bits >> shift) & 15));
        }
    });

    /// <summary>Reads marks; false if the text is none.</summary>
    public static bool TryRead(ReadOnlySpan<char> text, out IReadOnlyDictionary<uint, uint> marks)
    {
        marks = None;
        if (text.Length == 0)
            return true;
        if (text.Length % Width != 0 || text.Length > MaxRooms * Width || text.ContainsAnyExceptInRange('a', 'p'))
            return false;
        var read = new Dictionary<uint, uint>();
        for (var start = 0; start < text.Length; start += Width)
        {
            ulong bits = 0;
            foreach (var letter in text.Slice(start, Width))
                bits = (bits << 4) | (uint)(letter - 'a');
            read[(uint)(bits >> 32)] = (uint)bits;
        }
        marks = read;
        return true;
    }

    static uint Hash(uint hash, string text)
    {
        foreach (var letter in text)
            hash = (hash ^ letter) * 16777619;
        return hash;
    }
}
