namespace Matrix.Bus.Foundation;

/// <summary>The configuration is wrong; the message is the whole text for the operator, every error in it.</summary>
public sealed class ConfigurationException(IReadOnlyList<ConfigurationError> errors) : Exception(Text(errors))
{
    /// <summary>What is wrong, in the order of the keys.</summary>
    public IReadOnlyList<ConfigurationError> Errors { get; } = errors;

    static string Text(IReadOnlyList<ConfigurationError> errors) =>
        string.Join(Environment.NewLine, errors.Select(error => $"  {error}").Prepend("The configuration cannot be used:"));
}

/// <summary>One thing that is wrong.</summary>
/// <param name="Key">The full key, such as <c>MatrixBus:Bus:Transport</c>.</param>
/// <param name="Reason">Why it cannot be used. Never holds a secret.</param>
/// <param name="Suggestion">What to write instead, if there is a guess.</param>
public sealed record ConfigurationError(string Key, string Reason, string? Suggestion = null)
{
    /// <inheritdoc/>
    public override string ToString() => Suggestion is null ? $"{Key}: {Reason}" : $"{Key}: {Reason} {Suggestion}";
}
