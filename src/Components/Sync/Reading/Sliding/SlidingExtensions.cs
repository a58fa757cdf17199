using System.Text.Json;
using Matrix.Bus.Sync.Domain;
using Matrix.Bus.Sync.Domain.Sliding;
using Matrix.Bus.Sync.Live;
using Matrix.Bus.Sync.Storage;

namespace Matrix.Bus.Sync.Reading.Sliding;

/// <summary>What goes beside the rooms: account data, receipts, typing.</summary>
sealed class SlidingExtensions(Items items, TypingRooms typing)
{
    public const string AccountData = "account_data", Receipts = "receipts", Typing = "typing", ToDevice = "to_device", Encryption = "e2ee";

    /// <summary>What changed since the client was told; all of it for rooms, and of extensions, that are new to it.</summary>
    public async Task<ExtensionAnswers> Read(
        SlidingRequest request, long? since, Connection connection, Coverage coverage, List<SlidingResult> told, IReadOnlySet<string> ignored, CancellationToken cancel)
    {
        var answers = new ExtensionAnswers();
        if (!request.Extensions.Any(name => name is AccountData or Receipts or Typing))
            return answers;

        var joined = coverage.Rooms.Where(room => room.Room.Membership == Protocol.Membership.Join).ToDictionary(room => room.RoomId);
        // What the client missed of a room counts from where it was told last; of an extension it has only now enabled, from the beginning.
        var results = told.ToDictionary(room => room.RoomId);
        if (request.Extensions.Contains(Typing))
            AddTyping(answers, joined.Keys, request, results, ignored);
        long From(string extension, string roomId) =>
            since is not { } position || !connection.Extensions.Contains(extension) ? 0
            : results.TryGetValue(roomId, out var result) && result.IsInitial ? 0
            : connection.Rooms.TryGetValue(roomId, out var sent) ? sent.UpTo ?? position : 0;

        var earliest = joined.Keys.SelectMany(room => request.Extensions.Select(extension => From(extension, room)))
            .Append(since is { } at && connection.Extensions.Contains(AccountData) ? at : 0).Min();
        foreach (var (item, position) in await items.Placed(joined.Keys, request.UserId.Value, earliest, coverage.Head, cancel))
        {
            if (item.RoomId.Length == 0)
            {
                if (request.Extensions.Contains(AccountData) && position > (since is { } from && connection.Extensions.Contains(AccountData) ? from : 0))
                    answers.AccountData.Add(item);
                continue;
            }
            if (!joined.ContainsKey(item.RoomId))
                continue;
            var (extension, into) = item.Stream switch
            {
                ItemStream.AccountData => (AccountData, answers.RoomAccountData),
                _ => (Receipts, answers.Receipts),
            };
            if (item.Stream is not (ItemStream.AccountData or ItemStream.Receipt) || !request.Extensions.Contains(extension) || position <= From(extension, item.RoomId))
                continue;
            if (item.Stream == ItemStream.Receipt && From(extension, item.RoomId) == 0 && !IsAtHand(item, request, results.GetValueOrDefault(item.RoomId)))
                continue;
            if (!into.TryGetValue(item.RoomId, out var list))
                into[item.RoomId] = list = [];
            list.Add(item);
        }
        return answers;
    }

    /// <summary>Who types where, if that is not what the client was told.</summary>
    void AddTyping(ExtensionAnswers answers, IEnumerable<string> rooms, SlidingRequest request, Dictionary<string, SlidingResult> results, IReadOnlySet<string> ignored)
    {
        // What the client was told of is followed to its end, before anything new.
        foreach (var roomId in rooms.OrderBy(roomId => !request.Typing.ContainsKey(TypingMarks.Of(roomId))))
        {
            var mark = TypingMarks.Of(roomId);
            var users = typing.In(roomId, ignored);
            var before = results.TryGetValue(roomId, out var room) && room.IsInitial ? 0 : request.Typing.GetValueOrDefault(mark);
            var now = TypingMarks.Of(users);
            if (now != 0 && answers.TypingMarks.Count == TypingMarks.MaxRooms)
                continue;
            if (now != 0)
                answers.TypingMarks[mark] = now;
            if (now != before)
                answers.Typing[roomId] = users;
        }
    }

    /// <summary>Of a room that is new to the client: the user's own receipts, and those for events that go with it.</summary>
    static bool IsAtHand(Item item, SlidingRequest request, SlidingResult? room)
    {
        var receipt = JsonElement.Parse(item.Body);
        return receipt.GetProperty("user_id"u8).ValueEquals(request.UserId.Value)
            || room?.Timeline.Exists(e => receipt.GetProperty("event_id"u8).ValueEquals(e.EventId)) == true;
    }
}
