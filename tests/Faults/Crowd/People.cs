using System.Globalization;
using Matrix.Bus.Clients;
using Matrix.Bus.Clients.History;

namespace Matrix.Bus.Faults.Crowd;

/// <summary>Who talks and who listens, in which rooms, through the edges of a homeserver.</summary>
sealed class People
{
    const int TimelineLimit = 10;

    readonly List<Person> _talkers = [];
    readonly List<Listener> _listeners = [];
    readonly List<Bookmark> _bookmarks = [];
    readonly CancellationTokenSource _stopListening = new();
    IReadOnlyList<Account> _accounts = [];
    IReadOnlyList<string> _rooms = [];
    Task _listening = Task.CompletedTask;

    /// <summary>Those who send.</summary>
    public IReadOnlyList<Person> Talkers => _talkers;

    /// <summary>Those who sync.</summary>
    public IReadOnlyList<Listener> Listeners => _listeners;

    /// <summary>Makes the accounts and rooms, everybody in every room, and starts listening.</summary>
    public static async Task<People> Gather(IReadOnlyList<Homeserver> edges, string secret, CrowdSize size, CancellationToken cancel)
    {
        var people = new People();
        var accounts = new List<Account>();
        for (var i = 0; i < size.Users; i++)
            accounts.Add(await Account.Register(edges[i % edges.Count], secret, string.Create(CultureInfo.InvariantCulture, $"user{i}"), "a password of a fault run", cancel));
        var rooms = new List<string>();
        for (var i = 0; i < size.Rooms; i++)
        {
            var room = await accounts[i % accounts.Count].CreateRoom(string.Create(CultureInfo.InvariantCulture, $"room {i}"), cancel);
            foreach (var other in accounts.Where((_, n) => n != i % accounts.Count))
                await other.Join(room, cancel);
            rooms.Add(room);
        }
        people._accounts = accounts;
        people._rooms = rooms;

        for (var i = 0; i < size.Talkers; i++)
        {
            var account = accounts[i % accounts.Count];
            var start = i;
            people._talkers.Add(new Person(string.Create(CultureInfo.InvariantCulture, $"t{i}"), [.. edges.Select(account.Through)],
                [.. rooms.Select((_, n) => rooms[(n + start) % rooms.Count])], size.Pace));
        }
        for (var i = 0; i < size.Listeners; i++)
        {
            var account = accounts[i % accounts.Count].Through(edges[i % edges.Count]);
            var listener = new Listener(string.Create(CultureInfo.InvariantCulture, $"listener {i} ({account.UserId})"), account, null);
            await listener.Start(rooms, TimelineLimit, cancel);
            people._listeners.Add(listener);
        }
        var road = 0;
        people._listening = Task.WhenAll(people._listeners.Select(listener =>
            listener.Listen(() => listener.Through(edges[Interlocked.Increment(ref road) % edges.Count]), TimeSpan.FromSeconds(10), people._stopListening.Token)));
        return people;
    }

    /// <summary>Remembers where every listener stands, for <see cref="Collect"/> to go back to.</summary>
    public void Mark()
    {
        foreach (var listener in _listeners)
            _bookmarks.Add(listener.Mark());
    }

    /// <summary>Waits until every listener has the newest message of every room.</summary>
    /// <returns>Who has not, after the patience is at its end.</returns>
    public async Task<IReadOnlyList<Finding>> CatchUp(TimeSpan patience, CancellationToken cancel)
    {
        var findings = new List<Finding>();
        foreach (var room in _rooms)
        {
            var newest = await Pages.Newest(_accounts[0], room, cancel);
            foreach (var listener in _listeners)
            {
                try
                {
                    await Harness.Wait.Until(() => listener.Latest(room) == newest, patience, cancel);
                }
                catch (TimeoutException)
                {
                    findings.Add(new Finding(Invariant.Answers, room, listener.Name,
                        $"after {patience.TotalSeconds} s without faults still at {listener.Latest(room)}, the newest is {newest}"));
                    // The others have had the same time already.
                    patience = TimeSpan.FromSeconds(1);
                }
            }
        }
        return findings;
    }

    /// <summary>Stops listening and gathers all that was told, with every room paged in both directions and old tokens used again.</summary>
    public async Task<(ClientHistory History, IReadOnlyList<Finding> Findings)> Collect(CancellationToken cancel)
    {
        await _stopListening.CancelAsync();
        await _listening;
        var readings = new List<Reading>();
        var findings = new List<Finding>();
        foreach (var room in _rooms)
        {
            readings.Add(await Pages.ReadRoom(_accounts[0], room, backward: false, cancel));
            readings.Add(await Pages.ReadRoom(_accounts[^1], room, backward: true, cancel));
        }
        var again = new List<Listener>();
        foreach (var mark in _bookmarks)
        {
            var original = _listeners.Single(listener => listener.Name == mark.Reader);
            again.Add(await SyncToTheEnd(Listener.Resume(mark, original.Account, _rooms), cancel));
        }
        foreach (var listener in _listeners.Concat(again))
        {
            findings.AddRange(listener.Refusals.Distinct(StringComparer.Ordinal).Select(refusal => new Finding(Invariant.Answers, "", listener.Name, refusal)));
            foreach (var reading in listener.Readings)
            {
                findings.AddRange(await Pages.FillGaps(listener.Account, reading, cancel));
                readings.Add(reading);
            }
        }
        foreach (var talker in _talkers)
        {
            findings.AddRange(talker.Findings);
            if (talker.Waiting is { } waiting)
                findings.Add(new Finding(Invariant.Answers, "", "its sender", $"{waiting} was never answered, although nothing was broken any more"));
        }
        var history = new ClientHistory([.. _talkers.SelectMany(talker => talker.Acknowledged)], readings, [.. _listeners.Select(listener => listener.Tokens)]);
        return (history, findings);
    }

    static async Task<Listener> SyncToTheEnd(Listener listener, CancellationToken cancel)
    {
        while (true)
        {
            var token = listener.Token;
            var before = listener.Readings.Sum(reading => reading.Events.Count);
            if (await listener.SyncOnce(TimeSpan.Zero, cancel) is { } refusal)
                throw refusal;
            if (listener.Readings.Sum(reading => reading.Events.Count) == before || listener.Token == token)
                return listener;
        }
    }
}

/// <summary>How many of everything.</summary>
sealed record CrowdSize(int Users, int Rooms, int Talkers, int Listeners, TimeSpan Pace);
