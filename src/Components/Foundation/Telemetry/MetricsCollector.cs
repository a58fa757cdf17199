using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Matrix.Bus.Foundation;

/// <summary>Sums what the framework's meters measure. A small stand-in for a Prometheus exporter.</summary>
sealed class MetricsCollector : IDisposable
{
    static readonly string[] s_meters = ["Matrix.Bus", "MassTransit", "Microsoft.AspNetCore", "System.Net.Http", "System.Net.NameResolution", "System.Runtime", "Npgsql"];

    readonly ConcurrentDictionary<string, Metric> _metrics = new(StringComparer.Ordinal);
    readonly MeterListener _listener = new();
    readonly Lock _visit = new();

    public MetricsCollector()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (Array.Exists(s_meters, meter => instrument.Meter.Name == meter || instrument.Meter.Name.StartsWith(meter + ".", StringComparison.Ordinal)))
                listener.EnableMeasurementEvents(instrument, MetricOf(instrument));
        };
        Measure<byte>(value => value);
        Measure<short>(value => value);
        Measure<int>(value => value);
        Measure<long>(value => value);
        Measure<float>(value => value);
        Measure<double>(value => value);
        Measure<decimal>(value => (double)value);
    }

    public void Start() => _listener.Start();

    public void Dispose() => _listener.Dispose();

    /// <summary>All metrics as they stand.</summary>
    public string Text()
    {
        lock (_visit)
        {
            foreach (var metric in _metrics.Values)
                metric.ForgetObserved();
            _listener.RecordObservableInstruments();

            var text = new StringBuilder();
            foreach (var metric in _metrics.Values.OrderBy(metric => metric.Name, StringComparer.Ordinal))
                metric.WriteTo(text);
            Process(text);
            return text.ToString();
        }
    }

    void Measure<T>(Func<T, double> convert)
        where T : struct =>
        _listener.SetMeasurementEventCallback<T>((_, value, tags, state) => ((Metric)state!).Record(convert(value), tags));

    /// <summary>Instruments of one name are one metric: a second bus has the same meter again.</summary>
    Metric MetricOf(Instrument instrument) => _metrics.GetOrAdd(MetricNames.Of(instrument), static (name, instrument) => new Metric(name, instrument), instrument);

    /// <summary>The names that dashboards for any process expect.</summary>
    static void Process(StringBuilder text)
    {
        using var process = System.Diagnostics.Process.GetCurrentProcess();
        Line("process_cpu_seconds_total", "counter", process.TotalProcessorTime.TotalSeconds);
        Line("process_resident_memory_bytes", "gauge", process.WorkingSet64);
        Line("process_start_time_seconds", "gauge", new DateTimeOffset(process.StartTime).ToUnixTimeMilliseconds() / 1000.0);
        if (OperatingSystem.IsLinux())
            Line("process_open_fds", "gauge", Directory.GetFileSystemEntries("/proc/self/fd").Length);

        void Line(string name, string type, double value) =>
            text.Append(CultureInfo.InvariantCulture, $"# TYPE {name} {type}\n{name} {value:R}\n");
    }
}
