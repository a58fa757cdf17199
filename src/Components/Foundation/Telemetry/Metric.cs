using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Matrix.Bus.Foundation;

/// <summary>One metric with its series. The number of series is bounded: a label that takes any value a stranger likes ends up in
/// one series called overflow instead of in memory.</summary>
sealed class Metric
{
    const int MaxSeries = 250;
    const string Overflow = "overflow=\"true\"";

    static readonly double[] s_seconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
    static readonly double[] s_bytes = [256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864];
    static readonly double[] s_counts = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000];

    readonly string _type;
    readonly string _help;
    readonly bool _observable;
    readonly bool _sum;
    readonly double[]? _bounds;

    readonly ConcurrentDictionary<string, Series> _series = new(StringComparer.Ordinal);

    /// <summary>From the hash of tags as they come to their series, so that a measurement allocates nothing.</summary>
    readonly ConcurrentDictionary<int, Known> _known = new();

    public Metric(string name, Instrument instrument)
    {
        Name = name;
        _observable = instrument.IsObservable;
        _sum = MetricNames.IsSum(instrument);
        _bounds = MetricNames.IsHistogram(instrument) ? Bounds(instrument) : null;
        _type = _bounds is not null ? "histogram" : MetricNames.IsCounter(instrument) ? "counter" : "gauge";
        _help = MetricNames.Help(instrument.Description);
    }

    public string Name { get; }

    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) => Find(tags).Record(value, _sum, _bounds);

    /// <summary>What is only observed is what was observed last: a queue that is gone must not be shown for ever.</summary>
    public void ForgetObserved()
    {
        if (!_observable)
            return;
        _known.Clear();
        _series.Clear();
    }

    public void WriteTo(StringBuilder text)
    {
        if (_series.IsEmpty)
            return;
        text.Append(CultureInfo.InvariantCulture, $"# HELP {Name} {_help}\n# TYPE {Name} {_type}\n");
        foreach (var (labels, series) in _series.OrderBy(each => each.Key, StringComparer.Ordinal))
            series.WriteTo(text, Name, labels, _bounds);
    }

    Series Find(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var hash = new HashCode();
        foreach (var tag in tags)
        {
            hash.Add(tag.Key);
            hash.Add(tag.Value);
        }
        var key = hash.ToHashCode();
        if (_known.TryGetValue(key, out var known) && known.Is(tags))
            return known.Series;

        var labels = MetricNames.Labels(tags);
        if (!_series.ContainsKey(labels) && _series.Count >= MaxSeries)
            return _series.GetOrAdd(Overflow, static (_, bounds) => new Series(bounds), _bounds?.Length ?? -1);
        var series = _series.GetOrAdd(labels, static (_, bounds) => new Series(bounds), _bounds?.Length ?? -1);
        _known[key] = new Known(tags.ToArray(), series);
        return series;
    }

    static double[] Bounds(Instrument instrument)
    {
        var advised = instrument switch
        {
            Instrument<double> doubles => doubles.Advice?.HistogramBucketBoundaries?.ToArray(),
            Instrument<long> longs => longs.Advice?.HistogramBucketBoundaries?.Select(bound => (double)bound).ToArray(),
            Instrument<int> ints => ints.Advice?.HistogramBucketBoundaries?.Select(bound => (double)bound).ToArray(),
            _ => null,
        };
        return advised ?? instrument.Unit switch
        {
            "s" => s_seconds,
            "ms" => [.. s_seconds.Select(bound => bound * 1000)],
            "By" => s_bytes,
            _ => s_counts,
        };
    }

    sealed record Known(KeyValuePair<string, object?>[] Tags, Series Series)
    {
        public bool Is(ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            if (tags.Length != Tags.Length)
                return false;
            for (var i = 0; i < tags.Length; i++)
            {
                if (tags[i].Key != Tags[i].Key || !Equals(tags[i].Value, Tags[i].Value))
                    return false;
            }
            return true;
        }
    }

    sealed class Series(int bounds)
    {
        readonly Lock _lock = new();
        readonly long[] _buckets = bounds < 0 ? [] : new long[bounds + 1];
        double _value;
        long _count;

        public void Record(double value, bool sum, double[]? limits)
        {
            lock (_lock)
            {
                if (limits is null)
                {
                    _value = sum ? _value + value : value;
                    return;
                }
                var bucket = Array.BinarySearch(limits, value);
                _buckets[bucket < 0 ? ~bucket : bucket]++;
                _value += value;
                _count++;
            }
        }

        public void WriteTo(StringBuilder text, string name, string labels, double[]? limits)
        {
            lock (_lock)
            {
                var braces = labels.Length == 0 ? "" : $"{{{labels}}}";
                if (limits is null)
                {
                    text.Append(CultureInfo.InvariantCulture, $"{name}{braces} {Number(_value)}\n");
                    return;
                }
                var comma = labels.Length == 0 ? "" : ",";
                var below = 0L;
                for (var i = 0; i < limits.Length; i++)
                {
                    below += _buckets[i];
                    text.Append(CultureInfo.InvariantCulture, $"{name}_bucket{{{labels}{comma}le=\"{Number(limits[i])}\"}} {below}\n");
                }
                text.Append(CultureInfo.InvariantCulture, $"{name}_bucket{{{labels}{comma}le=\"+Inf\"}} {_count}\n");
                text.Append(CultureInfo.InvariantCulture, $"{name}_sum{braces} {Number(_value)}\n{name}_count{braces} {_count}\n");
            }
        }

        static string Number(double value) =>
            double.IsPositiveInfinity(value) ? "+Inf" : double.IsNegativeInfinity(value) ? "-Inf" : value.ToString("R", CultureInfo.InvariantCulture);
    }
}
