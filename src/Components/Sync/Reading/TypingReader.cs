using System.Text.Json;
using Matrix.Bus.Sync.Domain;
using Matrix.Bus.Sync.Live;

namespace Matrix.Bus.Sync.Reading;

/// <summary>Who types, where that is not what the client was told last.</summary>
sealed class TypingReader(TypingRooms typing)
{
    /// <summary>What is new to a client.</summary>
    /// <param name="roomIds">The rooms that it sees.</param>
    /// <param name="told">What it was told of who types.</param>
    /// <param name="ignored">Whom the viewer ignores.</param>
    /// <param name="isNew">Whether the client knows nothing of a room yet.</param>
    public TypingNews Read(IEnumerable<string> roomIds, IReadOnlyDictionary<uint, uint> told, IReadOnlySet<string> ignored, Predicate<string> isNew)
    {
        if (told.Count == 0 && typing.IsEmpty)
            return TypingNews.None;

        var changes = new List<(string RoomId, uint Room, uint Told, IReadOnlyList<string> Users)>();
        foreach (var roomId in roomIds)
        {
            var users = typing.In(roomId, ignored);
            if (users.Count == 0 && told.Count == 0)
                continue;
            var room = TypingMarks.Of(roomId);
            var known = isNew(roomId) ? 0 : told.GetValueOrDefault(room);
            if (users.Count > 0 || known != 0)
                changes.Add((roomId, room, known, users));
        }

        var items = new List<Item>();
        var marks = new Dictionary<uint, uint>();
        // What the client was told of is followed to its end, before anything new.
        foreach (var (roomId, room, known, users) in changes.OrderBy(change => change.Told == 0))
        {
            var now = TypingMarks.Of(users);
            if (now != 0)
            {
                if (marks.Count == TypingMarks.MaxRooms)
                    continue;
                marks[room] = now;
            }
            if (now != known)
                items.Add(new Item(ItemStream.Typing, roomId, "", "", Content(users)));
        }
        return new TypingNews(items, marks);
    }

    /// <summary>Adds the news to the rooms of an answer, and to the answer what the client knows then.</summary>
    public void Add(SyncAnswer answer, List<RoomAnswer> joined, IReadOnlyList<string> joinedIds, SyncRequest request, IReadOnlySet<string> ignored)
    {
        var filter = request.Filter.Ephemeral;
        if (!filter.MatchesType("m.typing"))
            return;
        var full = joined.Where(room => room.IsFull).Select(room => room.RoomId).ToHashSet();
        var news = Read(joinedIds.Where(filter.MatchesRoom), request.Typing, ignored, full.Contains);
        answer.Typing = news.Marks;
        foreach (var item in news.Items)
        {
            var room = joined.Find(room => room.RoomId == item.RoomId);
            if (room is null)
                joined.Add(room = new RoomAnswer(item.RoomId) { PrevBatch = request.Since ?? answer.Next, MembersAt = answer.Next });
            room.Ephemeral.Insert(0, item);
        }
    }

    static byte[] Content(IReadOnlyList<string> users) => JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, IReadOnlyList<string>> { ["user_ids"] = users });
}

/// <summary>What is new of who types.</summary>
/// <param name="Items">The rooms where it is, each once.</param>
/// <param name="Marks">What the client knows once it has been told.</param>
sealed record TypingNews(IReadOnlyList<Item> Items, IReadOnlyDictionary<uint, uint> Marks)
{
    public static TypingNews None { get; } = new([], TypingMarks.None);
}
