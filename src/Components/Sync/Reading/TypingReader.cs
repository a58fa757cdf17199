using System.Text.Json;
using Matrix.Bus.Sync.Domain;
using Matrix.Bus.Sync.Live;

namespace Matrix.Bus.Sync.Reading;

/// <summary>Adds to an answer who types, where that is not what the client was told last.</summary>
sealed class TypingReader(TypingRooms typing)
{
    /// <summary>Adds the events to the rooms that they concern, and to the answer what the client knows then.</summary>
    public void Add(SyncAnswer answer, List<RoomAnswer> joined, IReadOnlyList<string> joinedIds, SyncRequest request, IReadOnlySet<string> ignored)
    {
        var filter = request.Filter.Ephemeral;
        if ((request.Typing.Count == 0 && typing.IsEmpty) || !filter.MatchesType("m.typing"))
            return;

        var rooms = joined.ToDictionary(room => room.RoomId);
        var changes = new List<(string RoomId, uint Room, uint Told, IReadOnlyList<string> Users)>();
        foreach (var roomId in joinedIds)
        {
            var users = typing.In(roomId, ignored);
            if ((users.Count == 0 && request.Typing.Count == 0) || !filter.MatchesRoom(roomId))
                continue;
            var room = TypingMarks.Of(roomId);
            // A client that is told all of a room knows nothing of it.
            var told = rooms.TryGetValue(roomId, out var full) && full.IsFull ? 0 : request.Typing.GetValueOrDefault(room);
            if (users.Count > 0 || told != 0)
                changes.Add((roomId, room, told, users));
        }

        var marks = new Dictionary<uint, uint>();
        // What the client was told of is followed to its end, before anything new.
        foreach (var (roomId, room, told, users) in changes.OrderBy(change => change.Told == 0))
        {
            var now = TypingMarks.Of(users);
            if (now != 0)
            {
                if (marks.Count == TypingMarks.MaxRooms)
                    continue;
                marks[room] = now;
            }
            if (now == told)
                continue;
            if (!rooms.TryGetValue(roomId, out var changed))
            {
                rooms[roomId] = changed = new RoomAnswer(roomId) { PrevBatch = request.Since ?? answer.Next, MembersAt = answer.Next };
                joined.Add(changed);
            }
            changed.Ephemeral.Insert(0, new Item(ItemStream.Typing, roomId, "", "", Content(users)));
        }
        answer.Typing = marks;
    }

    static byte[] Content(IReadOnlyList<string> users) => JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, IReadOnlyList<string>> { ["user_ids"] = users });
}
