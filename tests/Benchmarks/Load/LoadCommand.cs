using System.Globalization;
using Matrix.Bus.Clients;

namespace Matrix.Bus.Benchmarks.Load;

/// <summary>Puts a homeserver under load through its public client API and reports what it did.</summary>
static class LoadCommand
{
    static readonly TimeSpan BaselineDuration = TimeSpan.FromSeconds(3);

    /// <summary>0 if nothing went wrong, 1 if sends failed or the verification found something.</summary>
    public static async Task<int> Run(LoadOptions options, CancellationToken cancel)
    {
        var started = TimeProvider.System.GetUtcNow();
        var homes = options.Urls.Select(url => new Homeserver(url)).ToList();
        var meter = options.ServerPids.Count > 0 ? new ProcessMeter(options.ServerPids) : null;
        var baseline = options.Baseline is null ? null : CommitBaseline.From(options.Baseline, options.BaselineUser);
        var idle = meter?.Read(0);
        var commitsBefore = baseline is null ? null : await baseline.Measure(BaselineDuration, cancel);

        Say($"registering {options.Users + options.Listeners} users, creating {options.Rooms} rooms");
        var run = "load" + started.ToUnixTimeMilliseconds().ToString("x", CultureInfo.InvariantCulture);
        var town = await Town.Build(homes, options, run, cancel);
        var ears = await Ears.Open(town, cancel);
        var level = new Level(town, options, ears, meter);
        var levels = new List<LevelResult>();
        try
        {
            foreach (var concurrency in options.Concurrency)
            {
                Say($"{concurrency} senders for {options.Duration.TotalSeconds} s");
                levels.Add(await level.Run(concurrency, cancel));
            }
        }
        finally
        {
            await ears.DisposeAsync();
        }

        var commitsAfter = baseline is null ? null : await baseline.Measure(BaselineDuration, cancel);
        InitialSync? initial = null;
        if (options.InitialSyncRooms > 0)
        {
            Say($"initial sync of {options.InitialSyncRooms} rooms");
            initial = await InitialSync.Measure(town, options, cancel);
        }
        Verification? verification = null;
        if (options.Verify)
        {
            Say("verifying");
            verification = await Verification.Run(town, level.Acknowledged, ears, cancel);
        }

        var report = new Report
        {
            Started = started,
            Machine = Machine.This(),
            Urls = options.Urls,
            Users = options.Users,
            Rooms = options.Rooms,
            ServerIdle = idle,
            Levels = levels,
            Baseline = baseline is null ? null : new BaselineResult(commitsBefore!, commitsAfter!, await baseline.Settings(cancel)),
            InitialSync = initial,
            Verification = verification,
        };
        Say("done");
        report.Print(Console.Out);
        if (options.JsonFile is not null)
            report.Write(options.JsonFile);
        homes.ForEach(home => home.Dispose());
        return report.Clean ? 0 : 1;
    }

    static void Say(string what) => Console.Error.WriteLine($"… {what}");
}
