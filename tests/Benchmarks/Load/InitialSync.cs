using System.Diagnostics;
using System.Globalization;
using Matrix.Bus.Clients;

namespace Matrix.Bus.Benchmarks.Load;

/// <summary>The first sync of a user in many rooms, as a client without any filter asks for it.</summary>
/// <param name="Rooms">How many rooms.</param>
/// <param name="FirstMs">The first request.</param>
/// <param name="MedianMs">The median of five.</param>
/// <param name="Bytes">The size of the response.</param>
/// <param name="SetUpSeconds">How long creating and joining took.</param>
sealed record InitialSync(int Rooms, double FirstMs, double MedianMs, long Bytes, double SetUpSeconds)
{
    const int Creators = 5;
    const int MessagesInRoom = 3;

    public static async Task<InitialSync> Measure(Town town, LoadOptions options, CancellationToken cancel)
    {
        var start = Stopwatch.GetTimestamp();
        var creators = new Account[Creators];
        for (var i = 0; i < Creators; i++)
            creators[i] = await town.Newcomer(options, i, cancel);
        var user = await town.Newcomer(options, Creators, cancel);
        var width = new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancel };
        await Parallel.ForAsync(0, options.InitialSyncRooms, width, async (i, token) =>
        {
            var creator = creators[i % Creators];
            var room = await creator.CreateRoom(string.Create(CultureInfo.InvariantCulture, $"{town.Run} initial {i}"), token);
            await user.Join(room, token);
            var body = new SendBody(string.Create(CultureInfo.InvariantCulture, $"{town.Run}-i-{i}"));
            var answer = new ResponseBuffer();
            for (var n = 0; n < MessagesInRoom; n++)
            {
                var status = await creator.Home.Exchange(HttpMethod.Put,
                    $"/_matrix/client/v3/rooms/{Uri.EscapeDataString(room)}/send/m.room.message/{body.Key(n)}",
                    creator.Authorization, body.Stamp(n, Stopwatch.GetTimestamp()), answer, token);
                if (status != 200)
                    throw Homeserver.Refusal(status, answer);
            }
        });
        var setUp = Stopwatch.GetElapsedTime(start).TotalSeconds;

        var times = new List<double>();
        var buffer = new ResponseBuffer();
        for (var i = 0; i < 5; i++)
        {
            var asked = Stopwatch.GetTimestamp();
            var status = await user.Home.Exchange(HttpMethod.Get, "/_matrix/client/v3/sync?timeout=0", user.Authorization, null, buffer, cancel);
            if (status != 200)
                throw Homeserver.Refusal(status, buffer);
            times.Add(Math.Round(Stopwatch.GetElapsedTime(asked).TotalMilliseconds, 1));
        }
        var first = times[0];
        times.Sort();
        return new InitialSync(options.InitialSyncRooms, first, times[2], buffer.Body.Length, Math.Round(setUp, 1));
    }
}
