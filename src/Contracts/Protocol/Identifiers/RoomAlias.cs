using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Matrix.Bus.Protocol;

/// <summary>A room alias, #name:server.</summary>
[JsonConverter(typeof(MatrixIdJsonConverter<RoomAlias>))]
public readonly record struct RoomAlias : IMatrixId<RoomAlias>, IComparable<RoomAlias>
{
    RoomAlias(string value) => Value = value;

    /// <inheritdoc/>
    public string Value { get; }

    /// <summary>What stands between the sigil and the first colon.</summary>
    public string Localpart => Value[1..Value.IndexOf(':')];

    /// <summary>The server that it belongs to.</summary>
    public ServerName Server => ServerName.Parse(Value[(Value.IndexOf(':') + 1)..]);

    /// <summary>Makes an alias of a localpart and a server; false if the localpart is empty or the alias breaks the grammar.</summary>
    public static bool TryCreate(string localpart, ServerName server, out RoomAlias alias)
    {
        alias = default;
        return localpart.Length > 0 && !localpart.Contains(':') && TryParse($"#{localpart}:{server.Value}", out alias);
    }

    /// <inheritdoc cref="TryParse(string?, out RoomAlias)"/>
    /// <exception cref="FormatException">The text does not fit the grammar.</exception>
    public static RoomAlias Parse(string text) =>
        TryParse(text, out var id) ? id : throw new FormatException("Not a valid RoomAlias.");

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? text, out RoomAlias id)
    {
        var valid = Grammar.HasSigilAndServer(text, '#');
        id = valid ? new RoomAlias(text!) : default;
        return valid;
    }

    /// <inheritdoc/>
    public static RoomAlias Parse(string s, IFormatProvider? provider) => Parse(s);

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out RoomAlias result) => TryParse(s, out result);

    /// <inheritdoc/>
    public static RoomAlias Parse(ReadOnlySpan<char> s, IFormatProvider? provider) => Parse(s.ToString());

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out RoomAlias result) => TryParse(s.ToString(), out result);

    /// <inheritdoc/>
    public int CompareTo(RoomAlias other) => string.CompareOrdinal(Value, other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value;
}
