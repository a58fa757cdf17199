using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text.RegularExpressions;
using Matrix.Bus.Foundation;

namespace Matrix.Bus.Components.Tests.Foundation.Telemetry;

public sealed partial class MetricsTests : IDisposable
{
    readonly Meter _meter = new($"Matrix.Bus.Tests.{Guid.NewGuid():N}");
    readonly string _own = $"t{Guid.NewGuid():N}";
    readonly MetricsCollector _metrics = new();

    public void Dispose()
    {
        _metrics.Dispose();
        _meter.Dispose();
    }

    [Fact]
    public void Every_line_is_a_comment_or_a_sample()
    {
        var histogram = _meter.CreateHistogram<double>($"{_own}.wait", "s", "How long.\nIn all.");
        _metrics.Start();
        histogram.Record(0.3, new("room", "a\"b\\c\nd"), new("kind", null));

        foreach (var line in _metrics.Text().Split('\n', StringSplitOptions.RemoveEmptyEntries))
            Assert.Matches(Line(), line);
    }

    [Fact]
    public void A_counter_is_summed_by_its_labels_in_whatever_order_they_come()
    {
        var counter = _meter.CreateCounter<int>($"{_own}.sends");
        _metrics.Start();
        counter.Add(1, new("a", "1"), new("b", 2));
        counter.Add(4, new("b", 2), new("a", "1"));
        counter.Add(8, new KeyValuePair<string, object?>("a", "other"));

        var text = _metrics.Text();

        Assert.Contains($"# TYPE {_own}_sends_total counter\n", text, StringComparison.Ordinal);
        Assert.Contains($"{_own}_sends_total{{a=\"1\",b=\"2\"}} 5\n", text, StringComparison.Ordinal);
        Assert.Contains($"{_own}_sends_total{{a=\"other\"}} 8\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_histogram_counts_each_value_in_every_bucket_it_fits()
    {
        var histogram = _meter.CreateHistogram<double>($"{_own}.took", "s");
        _metrics.Start();
        foreach (var value in new[] { 0.001, 0.0011, 0.3, 100 })
            histogram.Record(value);

        var text = _metrics.Text();

        Assert.Contains($"{_own}_took_seconds_bucket{{le=\"0.001\"}} 1\n", text, StringComparison.Ordinal);
        Assert.Contains($"{_own}_took_seconds_bucket{{le=\"0.0025\"}} 2\n", text, StringComparison.Ordinal);
        Assert.Contains($"{_own}_took_seconds_bucket{{le=\"60\"}} 3\n", text, StringComparison.Ordinal);
        Assert.Contains($"{_own}_took_seconds_bucket{{le=\"+Inf\"}} 4\n", text, StringComparison.Ordinal);
        Assert.Contains($"{_own}_took_seconds_count 4\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_observed_is_what_was_observed_last()
    {
        var queues = new List<Measurement<long>> { new(3, new KeyValuePair<string, object?>("queue", "a")), new(5, new KeyValuePair<string, object?>("queue", "b")) };
        _meter.CreateObservableGauge($"{_own}.depth", () => queues);
        _metrics.Start();
        Assert.Contains($"{_own}_depth{{queue=\"a\"}} 3\n", _metrics.Text(), StringComparison.Ordinal);

        queues.RemoveAt(0);

        var text = _metrics.Text();
        Assert.DoesNotContain("queue=\"a\"", text, StringComparison.Ordinal);
        Assert.Contains($"{_own}_depth{{queue=\"b\"}} 5\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Labels_that_take_any_value_do_not_fill_memory()
    {
        var counter = _meter.CreateCounter<long>($"{_own}.paths");
        _metrics.Start();
        for (var i = 0; i < 2000; i++)
            counter.Add(1, new KeyValuePair<string, object?>("path", $"/{i}"));

        var samples = _metrics.Text().Split('\n').Where(line => line.StartsWith($"{_own}_paths_total{{", StringComparison.Ordinal)).ToList();

        Assert.InRange(samples.Count, 2, 251);
        Assert.Contains(samples, line => line.Contains("overflow=\"true\"", StringComparison.Ordinal));
        Assert.Equal(2000, samples.Sum(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture)));
    }

    [Fact]
    public async Task Nothing_is_lost_when_many_threads_count()
    {
        var counter = _meter.CreateCounter<long>($"{_own}.hits");
        var level = _meter.CreateUpDownCounter<long>($"{_own}.level");
        _metrics.Start();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(thread => Task.Run(() =>
        {
            for (var i = 0; i < 10_000; i++)
            {
                counter.Add(1, new KeyValuePair<string, object?>("thread", thread % 2));
                level.Add(i % 2 == 0 ? 1 : -1);
            }
        })));

        var text = _metrics.Text();
        Assert.Contains($"{_own}_hits_total{{thread=\"0\"}} 40000\n", text, StringComparison.Ordinal);
        Assert.Contains($"{_own}_level 0\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_process_and_its_runtime_are_in_it()
    {
        _metrics.Start();

        var text = _metrics.Text();

        Assert.Contains("process_resident_memory_bytes ", text, StringComparison.Ordinal);
        Assert.Contains("dotnet_gc_collections_total", text, StringComparison.Ordinal);
    }

    [GeneratedRegex("""^(# (HELP|TYPE) [a-zA-Z_:][a-zA-Z0-9_:]* .*|[a-zA-Z_:][a-zA-Z0-9_:]*(\{([a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\["\\n])*",?)+\})? (-?[0-9.]+(E[+-]?[0-9]+)?|[+-]Inf|NaN))$""", RegexOptions.None, 1000)]
    private static partial Regex Line();
}
