using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Matrix.Bus.Protocol;

/// <summary>A server name: host and optional port (appendices, "Server Name").</summary>
[JsonConverter(typeof(MatrixIdJsonConverter<ServerName>))]
public readonly record struct ServerName : IMatrixId<ServerName>, IComparable<ServerName>
{
    ServerName(string value) => Value = value;

    /// <inheritdoc/>
    public string Value { get; }

    /// <inheritdoc cref="TryParse(string?, out ServerName)"/>
    /// <exception cref="FormatException">The text does not fit the grammar.</exception>
    public static ServerName Parse(string text) =>
        TryParse(text, out var id) ? id : throw new FormatException("Not a valid ServerName.");

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? text, out ServerName id)
    {
        var valid = Grammar.IsServerName(text);
        id = valid ? new ServerName(text!) : default;
        return valid;
    }

    /// <inheritdoc/>
    public static ServerName Parse(string s, IFormatProvider? provider) => Parse(s);

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out ServerName result) => TryParse(s, out result);

    /// <inheritdoc/>
    public static ServerName Parse(ReadOnlySpan<char> s, IFormatProvider? provider) => Parse(s.ToString());

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out ServerName result) => TryParse(s.ToString(), out result);

    /// <inheritdoc/>
    public int CompareTo(ServerName other) => string.CompareOrdinal(Value, other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value;
}
