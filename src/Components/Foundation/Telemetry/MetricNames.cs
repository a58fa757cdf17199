using System.Diagnostics.Metrics;
using System.Text;

namespace Matrix.Bus.Foundation;

/// <summary>Names and labels as Prometheus wants them.</summary>
static class MetricNames
{
    public static bool IsCounter(Instrument instrument) => Kind(instrument) is "Counter" or "ObservableCounter";

    public static bool IsHistogram(Instrument instrument) => Kind(instrument) == "Histogram";

    public static bool IsSum(Instrument instrument) => Kind(instrument) is "Counter" or "UpDownCounter";

    /// <summary>The instrument's name with its unit, and <c>_total</c> for what only grows.</summary>
    public static string Of(Instrument instrument)
    {
        var name = Clean(instrument.Name);
        var unit = instrument.Unit switch { "s" => "seconds", "ms" => "milliseconds", "By" => "bytes", _ => null };
        if (unit is not null && !name.EndsWith(unit, StringComparison.Ordinal))
            name += "_" + unit;
        if (IsCounter(instrument) && !name.EndsWith("_total", StringComparison.Ordinal))
            name += "_total";
        return name;
    }

    public static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.Length == 0)
            return "";
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in tags)
            labels[Clean(key)] = Escape(System.Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture) ?? "");
        return string.Join(',', labels.Select(label => $"{label.Key}=\"{label.Value}\""));
    }

    public static string Help(string? text) => (text ?? "").Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    static string Kind(Instrument instrument)
    {
        for (var type = instrument.GetType(); type is not null; type = type.BaseType)
        {
            if (type.IsGenericType && type.Namespace == typeof(Instrument).Namespace)
                return type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)];
        }
        return "";
    }

    static string Clean(string name)
    {
        var clean = new StringBuilder(name.Length);
        foreach (var letter in name)
            clean.Append(char.IsAsciiLetterOrDigit(letter) || letter == '_' ? letter : '_');
        return clean.Length == 0 || char.IsAsciiDigit(clean[0]) ? "_" + clean : clean.ToString();
    }

    static string Escape(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
