using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Matrix.Bus.Clients;
using Matrix.Bus.Clients.History;

namespace Matrix.Bus.Benchmarks.Load;

/// <summary>One client that sends, waits for the answer and sends again, going round its rooms.</summary>
sealed class Sender(Town town, string name, int first, TimeSpan duration)
{
    readonly ResponseBuffer _answer = new();
    readonly Dictionary<string, int> _errors = new(StringComparer.Ordinal);
    SendBody _body = new(name);

    public Latencies Latencies { get; } = new((int)Math.Min(duration.TotalSeconds * 1000, 1 << 20));

    public List<Acknowledged> Acknowledged { get; } = [];

    public IReadOnlyDictionary<string, int> Errors => _errors;

    /// <summary>Sends until told to stop; the send under way then is finished and counted.</summary>
    public async Task Run(Func<bool> stopped, CancellationToken cancel)
    {
        for (var number = 0; !stopped(); number++)
        {
            var room = town.Rooms[(first + number) % town.Rooms.Count];
            var talker = room.Talkers[(first + number) % room.Talkers.Count];
            var key = _body.Key(number);
            var start = Stopwatch.GetTimestamp();
            try
            {
                var status = await talker.Home.Exchange(HttpMethod.Put, room.SendPath + key, talker.Authorization,
                    _body.Stamp(number, start), _answer, cancel);
                var end = Stopwatch.GetTimestamp();
                if (status == 200)
                {
                    Latencies.Add(end - start);
                    Acknowledged.Add(new Acknowledged(room.Id, key, TimelineReader.ReadEventId(_answer.Body)));
                    continue;
                }
                var refusal = Homeserver.Refusal(status, _answer);
                Count(string.Create(CultureInfo.InvariantCulture, $"{status} {refusal.Code}"));
                if (refusal.RetryAfter is { } wait)
                    await Task.Delay(wait, cancel);
            }
            catch (Exception broken) when (broken is HttpRequestException or JsonException)
            {
                Count(broken.GetType().Name);
                // The exchange that broke may still hold the old body.
                _body = new SendBody(name);
                await Task.Delay(50, cancel);
            }
            catch (OperationCanceledException)
            {
                Count("no answer");
                return;
            }
        }
    }

    void Count(string error) => _errors[error] = _errors.GetValueOrDefault(error) + 1;
}
