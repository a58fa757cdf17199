using System.Diagnostics;
using System.Text.Json;
using Matrix.Bus.Clients.History;

namespace Matrix.Bus.Clients;

/// <summary>
/// A client that keeps syncing some rooms, as a real one does: it long-polls with the token it got last, and after a failure asks
/// again with that same token.
/// </summary>
/// <param name="name">Stands in the evidence.</param>
/// <param name="account">Who listens.</param>
/// <param name="arrived">Called for each event of ours with its key and its age in stopwatch ticks.</param>
public sealed class Listener(string name, Account account, Listener.Arrival? arrived) : ITimelineSink
{
    readonly TimelineReader _json = new();
    readonly ResponseBuffer _buffer = new();
    readonly Dictionary<string, Reading> _readings = new(StringComparer.Ordinal);
    readonly List<string> _tokens = [];
    readonly Dictionary<string, string> _latest = new(StringComparer.Ordinal);
    readonly Lock _lock = new();
    Account _account = account;
    string _filter = "";
    long _receivedAt;

    /// <summary>Takes an event's key and how long it took to arrive.</summary>
    public delegate void Arrival(ReadOnlySpan<byte> key, long ticks);

    /// <summary>Who, in the evidence.</summary>
    public string Name { get; } = name;

    /// <summary>The account in use.</summary>
    public Account Account => _account;

    /// <summary>The last token, or null before the first sync.</summary>
    public string? Token => _tokens.Count == 0 ? null : _tokens[^1];

    /// <summary>How many syncs were answered.</summary>
    public int Syncs { get; private set; }

    /// <summary>How many bytes they had.</summary>
    public long Bytes { get; private set; }

    /// <summary>How many requests failed.</summary>
    public int Failures { get; private set; }

    /// <summary>Answers that told this client it had no business there (4xx, rate limits aside): a client that obeyed would stop.</summary>
    public List<string> Refusals { get; } = [];

    /// <summary>Stores the filter and syncs for the first time.</summary>
    /// <param name="rooms">Rooms that this user is in and where nobody has said anything yet: whatever comes is owed from the start.</param>
    /// <param name="timelineLimit">How many events of a room one answer may hold.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="MatrixRefusal">The server does not want to.</exception>
    public async Task Start(IReadOnlyCollection<string> rooms, int timelineLimit, CancellationToken cancel)
    {
        foreach (var room in rooms)
        {
            _readings[room] = new Reading($"{Name} syncing", room, complete: false) { Follows = "" };
            _latest[room] = "";
        }
        _filter = Uri.EscapeDataString(await _account.StoreFilter(LightFilter.Sync(rooms, timelineLimit), cancel));
        if (await SyncOnce(TimeSpan.Zero, cancel) is { } refusal)
            throw refusal;
    }

    /// <summary>From now on talks to another address of the same homeserver.</summary>
    public void Through(Homeserver other) => _account = _account.Through(other);

    /// <summary>Syncs until cancelled.</summary>
    /// <param name="onFailure">Called after each failed request; may change the address.</param>
    /// <param name="attempt">How long one request may take beyond its 30 s of waiting.</param>
    /// <param name="cancel">Ends it.</param>
    public async Task Listen(Action? onFailure, TimeSpan attempt, CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            patience.CancelAfter(TimeSpan.FromSeconds(30) + attempt);
            try
            {
                var refusal = await SyncOnce(TimeSpan.FromSeconds(30), patience.Token);
                if (refusal is null)
                    continue;
                if (refusal.Status is >= 400 and < 500 and not 429)
                    Refusals.Add(refusal.Message);
            }
            catch (Exception broken) when (broken is HttpRequestException or OperationCanceledException or JsonException)
            {
                if (cancel.IsCancellationRequested)
                    return;
            }
            Failures++;
            onFailure?.Invoke();
            try
            {
                await Task.Delay(TimeSpan.FromMilliseconds(250), cancel);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>One sync from the last token; null if it was answered with 200.</summary>
    public async Task<MatrixRefusal?> SyncOnce(TimeSpan wait, CancellationToken cancel)
    {
        var path = $"/_matrix/client/v3/sync?filter={_filter}&set_presence=offline&timeout={(int)wait.TotalMilliseconds}"
            + (Token is { } since ? $"&since={Uri.EscapeDataString(since)}" : "");
        var status = await _account.Home.Exchange(HttpMethod.Get, path, _account.Authorization, null, _buffer, cancel);
        if (status != 200)
            return Homeserver.Refusal(status, _buffer);
        _receivedAt = Stopwatch.GetTimestamp();
        lock (_lock)
        {
            var token = _json.ReadSync(_buffer.Body, this);
            Syncs++;
            Bytes += _buffer.Body.Length;
            _tokens.Add(token);
        }
        return null;
    }

    /// <summary>The id of the newest event seen in a room; empty if none was.</summary>
    public string? Latest(string room)
    {
        lock (_lock)
            return _latest.GetValueOrDefault(room);
    }

    /// <summary>How many events of a room were seen, gaps not counted.</summary>
    public int Count(string room)
    {
        lock (_lock)
            return _readings.TryGetValue(room, out var reading) ? reading.Events.Count : 0;
    }

    /// <summary>Where this client stands: its token, and for each room the newest event it has seen.</summary>
    public Bookmark Mark()
    {
        lock (_lock)
            return new Bookmark(Name, _filter, Token ?? "", new Dictionary<string, string>(_latest, StringComparer.Ordinal));
    }

    /// <summary>A second client that continues from a place where the first one was.</summary>
    public static Listener Resume(Bookmark mark, Account account, IEnumerable<string> rooms)
    {
        var listener = new Listener($"{mark.Reader} again from {mark.Token}", account, null) { _filter = mark.Filter };
        listener._tokens.Add(mark.Token);
        foreach (var room in rooms)
        {
            listener._readings[room] = new Reading(listener.Name, room, complete: false) { Follows = mark.Latest.GetValueOrDefault(room) };
        }
        return listener;
    }

    /// <summary>What was read; not while listening.</summary>
    public IReadOnlyCollection<Reading> Readings => _readings.Values;

    /// <summary>The tokens so far; not while listening.</summary>
    public TokenTrace Tokens => new(Name, _tokens);

    /// <inheritdoc/>
    void ITimelineSink.Timeline(string room, List<Seen> events, bool limited, string? previousBatch)
    {
        if (!_readings.TryGetValue(room, out var reading))
            _readings[room] = reading = new Reading($"{Name} syncing", room, complete: false);
        reading.Append(events, limited, previousBatch);
        if (events.Count > 0)
            _latest[room] = events[^1].EventId;
    }

    /// <inheritdoc/>
    void ITimelineSink.Arrived(ReadOnlySpan<byte> key, ReadOnlySpan<byte> sentAt)
    {
        if (arrived is not null && SendBody.Age(sentAt, _receivedAt) is { } age)
            arrived(key, age);
    }
}

/// <summary>A place in a client's life to which another client can go back.</summary>
/// <param name="Reader">Whose.</param>
/// <param name="Filter">The filter's id, escaped.</param>
/// <param name="Token">The sync token.</param>
/// <param name="Latest">For each room the newest event seen; rooms never seen are absent.</param>
public sealed record Bookmark(string Reader, string Filter, string Token, IReadOnlyDictionary<string, string> Latest);
