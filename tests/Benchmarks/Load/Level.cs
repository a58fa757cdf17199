using System.Diagnostics;
using System.Globalization;
using System.Text;
using Matrix.Bus.Clients;
using Matrix.Bus.Clients.History;

namespace Matrix.Bus.Benchmarks.Load;

/// <summary>What one level of concurrency showed. Times in milliseconds.</summary>
sealed record LevelResult
{
    public required int Concurrency { get; init; }

    public required double Seconds { get; init; }

    public required int Sends { get; init; }

    public required double SendsPerSecond { get; init; }

    public required Percentiles Send { get; init; }

    /// <summary>From the start of a send to the end of the sync response that brought the event to another user.</summary>
    public required Percentiles ToAnothersSync { get; init; }

    public required int Syncs { get; init; }

    public required int SyncFailures { get; init; }

    public required IReadOnlyDictionary<string, int> Errors { get; init; }

    /// <summary>How many cores' worth of time this generator took.</summary>
    public required double GeneratorCores { get; init; }

    public required ProcessUse? Server { get; init; }
}

/// <summary>Runs the levels against one town; the listeners live through all of them.</summary>
sealed class Level(Town town, LoadOptions options, Ears ears, ProcessMeter? meter)
{
    int _number;

    /// <summary>Everything acknowledged, warm-up included.</summary>
    public List<Acknowledged> Acknowledged { get; } = [];

    public async Task<LevelResult> Run(int concurrency, CancellationToken cancel)
    {
        // The same level may be asked for twice, and a transaction id used twice would be answered from memory.
        _number++;
        await RunPhase(concurrency, "w", options.WarmUp, cancel);

        var measured = string.Create(CultureInfo.InvariantCulture, $"{town.Run}-m{_number}-");
        ears.Begin(measured);
        var syncs = ears.Syncs;
        var failures = ears.Failures;
        using var self = Process.GetCurrentProcess();
        var selfBefore = self.TotalProcessorTime;
        var serverBefore = meter?.Cpu();
        var start = Stopwatch.GetTimestamp();

        var senders = await RunPhase(concurrency, "m", options.Duration, cancel);

        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var serverCpu = meter?.Cpu() - serverBefore;
        self.Refresh();
        var selfCpu = self.TotalProcessorTime - selfBefore;
        await ears.CatchUp(cancel);
        var sends = senders.Sum(sender => sender.Latencies.Count);
        return new LevelResult
        {
            Concurrency = concurrency,
            Seconds = Math.Round(seconds, 2),
            Sends = sends,
            SendsPerSecond = Math.Round(sends / seconds, 1),
            Send = Latencies.Of(senders.Select(sender => sender.Latencies)),
            ToAnothersSync = ears.End(),
            Syncs = ears.Syncs - syncs,
            SyncFailures = ears.Failures - failures,
            Errors = senders.SelectMany(sender => sender.Errors).GroupBy(error => error.Key, StringComparer.Ordinal)
                .ToDictionary(group => group.Key, group => group.Sum(error => error.Value), StringComparer.Ordinal),
            GeneratorCores = Math.Round(selfCpu.TotalSeconds / seconds, 2),
            Server = meter?.Read(serverCpu!.Value / seconds),
        };
    }

    async Task<IReadOnlyList<Sender>> RunPhase(int concurrency, string phase, TimeSpan duration, CancellationToken cancel)
    {
        if (duration <= TimeSpan.Zero)
            return [];
        // Everybody goes round all rooms, from different places: then senders meet in a room now and then, as people do.
        var senders = Enumerable.Range(0, concurrency).Select(n => new Sender(town,
            string.Create(CultureInfo.InvariantCulture, $"{town.Run}-{phase}{_number}-{n}"), n * town.Rooms.Count / concurrency, duration)).ToList();
        var end = Stopwatch.GetTimestamp() + (long)(duration.TotalSeconds * Stopwatch.Frequency);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(duration + TimeSpan.FromSeconds(60));
        await Task.WhenAll(senders.Select(sender => Task.Run(() => sender.Run(() => Stopwatch.GetTimestamp() >= end, patience.Token), cancel)));
        cancel.ThrowIfCancellationRequested();
        foreach (var sender in senders)
            Acknowledged.AddRange(sender.Acknowledged);
        return senders;
    }
}

/// <summary>The listeners of a run, and the arrivals they note.</summary>
sealed class Ears : IAsyncDisposable
{
    readonly CancellationTokenSource _stop = new();
    readonly List<Listener> _listeners = [];
    readonly List<Latencies> _arrivals = [];
    readonly HashSet<string> _rooms;
    Task _listening = Task.CompletedTask;
    byte[] _measured = [];

    Ears(IEnumerable<string> rooms) => _rooms = [.. rooms];

    public IReadOnlyList<Listener> Listeners => _listeners;

    public int Syncs => _listeners.Sum(listener => listener.Syncs);

    public int Failures => _listeners.Sum(listener => listener.Failures);

    public static async Task<Ears> Open(Town town, CancellationToken cancel)
    {
        var ears = new Ears(town.ReadRooms.Select(room => room.Id));
        foreach (var reader in town.Readers)
        {
            var arrivals = new Latencies(1 << 16);
            var listener = new Listener(reader.UserId, reader, (key, ticks) =>
            {
                if (key.StartsWith(Volatile.Read(ref ears._measured)))
                    arrivals.Add(ticks);
            });
            await listener.Start(ears._rooms, timelineLimit: 500, cancel);
            ears._listeners.Add(listener);
            ears._arrivals.Add(arrivals);
        }
        ears._listening = Task.WhenAll(ears._listeners.Select(listener => listener.Listen(null, TimeSpan.FromSeconds(30), ears._stop.Token)));
        return ears;
    }

    /// <summary>From now on arrivals of keys with this beginning are noted.</summary>
    public void Begin(string measured)
    {
        _arrivals.ForEach(arrivals => arrivals.Clear());
        Volatile.Write(ref _measured, Encoding.ASCII.GetBytes(measured));
    }

    /// <summary>The arrivals since <see cref="Begin"/>.</summary>
    public Percentiles End()
    {
        Volatile.Write(ref _measured, [0]);
        return Latencies.Of(_arrivals);
    }

    /// <summary>Waits until every listener has the newest event of each of its rooms, at most 15 s.</summary>
    public async Task CatchUp(CancellationToken cancel)
    {
        var deadline = Stopwatch.GetTimestamp() + (15 * Stopwatch.Frequency);
        foreach (var room in _rooms)
        {
            var newest = await Pages.Newest(_listeners[0].Account, room, cancel);
            while (Stopwatch.GetTimestamp() < deadline && !_listeners.TrueForAll(listener => listener.Latest(room) == newest))
                await Task.Delay(10, cancel);
        }
    }

    /// <summary>Stops listening; what was heard stays readable.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _listening;
        _stop.Dispose();
    }
}
