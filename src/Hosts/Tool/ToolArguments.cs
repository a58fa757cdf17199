using Matrix.Bus.Foundation;

namespace Matrix.Bus.Tool;

/// <summary>The arguments do not make sense; the message says how to call the command.</summary>
sealed class UsageException(string message) : Exception(message);

/// <summary>The arguments behind a command: settings of the server, and the command's own.</summary>
sealed class ToolArguments
{
    readonly Dictionary<string, string?> _flags = new(StringComparer.Ordinal);
    readonly List<string> _values = [];

    /// <summary>Sorts them. <paramref name="flags"/> names the command's own, without their dashes.</summary>
    /// <exception cref="UsageException">One of them is neither a setting nor the command's.</exception>
    public ToolArguments(string[] arguments, string usage, params string[] flags)
    {
        var settings = new List<string>();
        string? file = null;
        for (var i = 0; i < arguments.Length; i++)
        {
            var argument = arguments[i];
            if (argument.StartsWith("--MatrixBus:", StringComparison.OrdinalIgnoreCase))
            {
                settings.Add(argument);
                if (!argument.Contains('=') && i + 1 < arguments.Length)
                    settings.Add(arguments[++i]);
                continue;
            }
            if (!argument.StartsWith("--", StringComparison.Ordinal))
            {
                _values.Add(argument);
                continue;
            }
            var (name, value) = argument.IndexOf('=') is > 0 and var at ? (argument[2..at], argument[(at + 1)..]) : (argument[2..], null);
            if (name == "config")
                file = value ?? (i + 1 < arguments.Length ? arguments[++i] : throw new UsageException("--config wants a file."));
            else if (flags.Contains(name))
                _flags[name] = value;
            else
                throw new UsageException($"Unknown argument '{argument}'.\nUsage: {usage}");
        }

        var configuration = new ConfigurationBuilder();
        if (file is not null)
            configuration.AddJsonFile(Path.GetFullPath(file), optional: false);
        Configuration = configuration.AddEnvironmentVariables().AddCommandLine([.. settings]).Build();
    }

    /// <summary>The server's settings.</summary>
    public IConfigurationRoot Configuration { get; }

    /// <summary>The same, checked.</summary>
    /// <exception cref="ConfigurationException">They cannot be used.</exception>
    public MatrixBusOptions Options => Configuration.ReadMatrixBusOptions();

    /// <summary>What is neither setting nor flag.</summary>
    public IReadOnlyList<string> Values => _values;

    /// <summary>Whether a flag was given.</summary>
    public bool Has(string flag) => _flags.ContainsKey(flag);

    /// <summary>The value of a flag given as --flag=value.</summary>
    public string? this[string flag] => _flags.GetValueOrDefault(flag);
}
