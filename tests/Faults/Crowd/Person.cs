using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Matrix.Bus.Clients;
using Matrix.Bus.Clients.History;

namespace Matrix.Bus.Faults.Crowd;

/// <summary>
/// Somebody who sends: one message after the other, each retried with its transaction id until it is acknowledged, now through one
/// address, now through another.
/// </summary>
sealed class Person(string name, IReadOnlyList<Account> roads, IReadOnlyList<string> rooms, TimeSpan pace)
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    readonly List<Acknowledged> _acknowledged = [];
    readonly List<Finding> _findings = [];
    SendBody _body = new(name);

    /// <summary>One entry for each answer of 200.</summary>
    public IReadOnlyList<Acknowledged> Acknowledged => _acknowledged;

    /// <summary>Answers that no sound server gives.</summary>
    public IReadOnlyList<Finding> Findings => _findings;

    /// <summary>How many requests had to be repeated.</summary>
    public int Retries { get; private set; }

    /// <summary>The longest time from the first request of a message to its acknowledgement.</summary>
    public TimeSpan Longest { get; private set; }

    /// <summary>What is not acknowledged yet, or null.</summary>
    public string? Waiting { get; private set; }

    /// <summary>Sends until told to stop, then finishes the message under way.</summary>
    /// <param name="stopped">True when no more is to be begun.</param>
    /// <param name="cancel">Gives the message under way up; it stays in <see cref="Waiting"/>.</param>
    public async Task Talk(Func<bool> stopped, CancellationToken cancel)
    {
        try
        {
            for (var number = 0; !stopped(); number++)
            {
                var room = rooms[number % rooms.Count];
                Waiting = _body.Key(number);
                await Send(room, Waiting, _body.Stamp(number, Stopwatch.GetTimestamp()), number, cancel);
                Waiting = null;
                await Task.Delay(pace, cancel);
            }
        }
        catch (OperationCanceledException)
        {
            // Given up.
        }
    }

    async Task Send(string room, string key, byte[] body, int number, CancellationToken cancel)
    {
        var start = Stopwatch.GetTimestamp();
        for (var attempt = 0; ; attempt++)
        {
            var acknowledged = (number % 16) switch
            {
                // Some are impatient and send the same twice at once, some ask again though they have their answer.
                3 => (await Task.WhenAll(roads.Select(road => Attempt(road, room, key, body, cancel)))).Any(sent => sent),
                9 => await Attempt(roads[attempt % roads.Count], room, key, body, cancel)
                    && await Attempt(roads[(attempt + 1) % roads.Count], room, key, body, cancel),
                _ => await Attempt(roads[(number + attempt) % roads.Count], room, key, body, cancel),
            };
            if (acknowledged)
                break;
            Retries++;
            // A request that broke may still hold the old bytes.
            body = [.. body];
            _body = new SendBody(name);
            await Task.Delay(TimeSpan.FromMilliseconds(200), cancel);
        }
        var took = Stopwatch.GetElapsedTime(start);
        if (took > Longest)
            Longest = took;
    }

    async Task<bool> Attempt(Account road, string room, string key, byte[] body, CancellationToken cancel)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(Patience);
        var answer = new ResponseBuffer();
        try
        {
            var status = await road.Home.Exchange(HttpMethod.Put,
                $"/_matrix/client/v3/rooms/{Uri.EscapeDataString(room)}/send/m.room.message/{key}", road.Authorization, body, answer, patience.Token);
            if (status == 200)
            {
                var sent = new Acknowledged(room, key, TimelineReader.ReadEventId(answer.Body));
                lock (_acknowledged)
                    _acknowledged.Add(sent);
                return true;
            }
            if (status is >= 400 and < 500 and not 429 and not 408)
            {
                lock (_findings)
                {
                    _findings.Add(new Finding(Invariant.Answers, room, name,
                        string.Create(CultureInfo.InvariantCulture, $"{key} was refused: {Homeserver.Refusal(status, answer).Message}")));
                }
            }
        }
        catch (HttpRequestException)
        {
            // Refused, reset or broken off: asked again.
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            // Too slow: asked again.
        }
        catch (JsonException wrong)
        {
            lock (_findings)
                _findings.Add(new Finding(Invariant.Answers, room, name, $"{key} was answered with 200 and {wrong.Message}"));
        }
        return false;
    }
}
