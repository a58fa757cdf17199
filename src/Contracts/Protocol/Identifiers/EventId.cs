using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Matrix.Bus.Protocol;

/// <summary>An event id: $opaque:server (versions 1, 2) or $hash.</summary>
[JsonConverter(typeof(MatrixIdJsonConverter<EventId>))]
public readonly record struct EventId : IMatrixId<EventId>, IComparable<EventId>
{
    EventId(string value) => Value = value;

    /// <inheritdoc/>
    public string Value { get; }

    /// <summary>The server in it, or null where this form has none.</summary>
    public ServerName? Server => Value.IndexOf(':') is > 0 and var colon && ServerName.TryParse(Value[(colon + 1)..], out var server) ? server : null;

    /// <summary>A new random event id of versions 1 and 2.</summary>
    public static EventId Generate(ServerName server) => new($"${Grammar.NewOpaque()}:{server.Value}");

    /// <inheritdoc cref="TryParse(string?, out EventId)"/>
    /// <exception cref="FormatException">The text does not fit the grammar.</exception>
    public static EventId Parse(string text) =>
        TryParse(text, out var id) ? id : throw new FormatException("Not a valid EventId.");

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? text, out EventId id)
    {
        var valid = Grammar.HasSigil(text, '$');
        id = valid ? new EventId(text!) : default;
        return valid;
    }

    /// <inheritdoc/>
    public static EventId Parse(string s, IFormatProvider? provider) => Parse(s);

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out EventId result) => TryParse(s, out result);

    /// <inheritdoc/>
    public static EventId Parse(ReadOnlySpan<char> s, IFormatProvider? provider) => Parse(s.ToString());

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out EventId result) => TryParse(s.ToString(), out result);

    /// <inheritdoc/>
    public int CompareTo(EventId other) => string.CompareOrdinal(Value, other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value;
}
