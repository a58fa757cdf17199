using System.Globalization;
using Matrix.Bus.Clients;

namespace Matrix.Bus.Benchmarks.Load;

/// <summary>A room and those of its members who talk.</summary>
sealed record TownRoom(string Id, string SendPath, IReadOnlyList<Account> Talkers);

/// <summary>The users and rooms of a run. Users are spread over the server's addresses.</summary>
sealed class Town(IReadOnlyList<Homeserver> homes, string run)
{
    const int TalkersInRoom = 2;

    public required IReadOnlyList<TownRoom> Rooms { get; init; }

    /// <summary>Users who only read; each is in the first rooms.</summary>
    public required IReadOnlyList<Account> Readers { get; init; }

    /// <summary>The rooms that they are in.</summary>
    public required IReadOnlyList<TownRoom> ReadRooms { get; init; }

    public string Run { get; } = run;

    public static async Task<Town> Build(IReadOnlyList<Homeserver> homes, LoadOptions options, string run, CancellationToken cancel)
    {
        // Passwords are hashed at a cost that is meant to hurt, so no more at once than the machine has cores.
        var width = new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = cancel };
        var users = new Account[options.Users + options.Listeners];
        await Parallel.ForAsync(0, users.Length, width, async (i, token) => users[i] = await Register(homes, options, run, i, token));
        var readers = users[options.Users..];

        var rooms = new TownRoom[options.Rooms];
        await Parallel.ForAsync(0, rooms.Length, width, async (i, token) =>
        {
            var talkers = Enumerable.Range(0, Math.Min(TalkersInRoom, options.Users)).Select(n => users[(i + n) % options.Users]).ToList();
            var id = await talkers[0].CreateRoom(string.Create(CultureInfo.InvariantCulture, $"{run} {i}"), token);
            foreach (var talker in talkers.Skip(1))
                await talker.Join(id, token);
            rooms[i] = new TownRoom(id, $"/_matrix/client/v3/rooms/{Uri.EscapeDataString(id)}/send/m.room.message/", talkers);
        });
        var read = rooms.Take(options.ListenedRooms).ToList();
        await Parallel.ForEachAsync(readers, width, async (reader, token) =>
        {
            foreach (var room in read)
                await reader.Join(room.Id, token);
        });
        return new Town(homes, run) { Rooms = rooms, Readers = readers, ReadRooms = read };
    }

    public Task<Account> Newcomer(LoadOptions options, int number, CancellationToken cancel) =>
        Register(homes, options, Run, 100_000 + number, cancel);

    static Task<Account> Register(IReadOnlyList<Homeserver> homes, LoadOptions options, string run, int number, CancellationToken cancel) =>
        Account.Register(homes[number % homes.Count], options.Secret,
            string.Create(CultureInfo.InvariantCulture, $"{run}-{number}"), "a password of a load run", cancel);
}
