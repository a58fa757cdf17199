using System.Globalization;

namespace Matrix.Bus.Clients;

/// <summary>A command line of <c>--name value value</c> groups; a name that nobody asked for is an error.</summary>
public sealed class Arguments
{
    readonly Dictionary<string, List<string>> _values = new(StringComparer.Ordinal);
    readonly HashSet<string> _asked = new(StringComparer.Ordinal);

    /// <summary>Reads a command line.</summary>
    /// <exception cref="FormatException">A value stands before the first name.</exception>
    public Arguments(IEnumerable<string> words)
    {
        List<string>? current = null;
        foreach (var word in words)
        {
            if (word.StartsWith("--", StringComparison.Ordinal))
            {
                var name = word[2..];
                if (!_values.TryGetValue(name, out current))
                    _values[name] = current = [];
            }
            else
            {
                (current ?? throw new FormatException($"'{word}' stands before any --name.")).Add(word);
            }
        }
    }

    /// <summary>True if the name is there, with or without a value.</summary>
    public bool Has(string name)
    {
        _asked.Add(name);
        return _values.ContainsKey(name);
    }

    /// <summary>All values of a name; values may also be parted by commas.</summary>
    public IReadOnlyList<string> List(string name) =>
        Has(name) ? [.. _values[name].SelectMany(value => value.Split(',', StringSplitOptions.RemoveEmptyEntries))] : [];

    /// <summary>The value of a name as it stands, or null.</summary>
    public string? Text(string name) => Has(name) ? string.Join(' ', _values[name]) : null;

    /// <summary>The value of a name that has to be there.</summary>
    /// <exception cref="FormatException">It is not.</exception>
    public string Required(string name) =>
        Text(name) is { Length: > 0 } value ? value : throw new FormatException($"--{name} is needed.");

    /// <summary>A number.</summary>
    /// <exception cref="FormatException">The value is no number.</exception>
    public double Number(string name, double otherwise) =>
        Text(name) is not { } text ? otherwise
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number
        : throw new FormatException($"--{name} wants a number, not '{text}'.");

    /// <summary>A whole number.</summary>
    /// <exception cref="FormatException">The value is none.</exception>
    public int Count(string name, int otherwise) => checked((int)Number(name, otherwise));

    /// <summary>Refuses names that nobody asked for, so that a misspelt one is not silently ignored.</summary>
    /// <exception cref="FormatException">There are such names.</exception>
    public void RefuseUnknown()
    {
        if (_values.Keys.Where(name => !_asked.Contains(name)).ToList() is { Count: > 0 } unknown)
            throw new FormatException($"Unknown: {string.Join(", ", unknown.Select(name => "--" + name))}.");
    }
}
