using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Matrix.Bus.Protocol;

/// <summary>A user id, @localpart:server.</summary>
[JsonConverter(typeof(MatrixIdJsonConverter<UserId>))]
public readonly record struct UserId : IMatrixId<UserId>, IComparable<UserId>
{
    UserId(string value) => Value = value;

    /// <inheritdoc/>
    public string Value { get; }

    /// <summary>What stands between the sigil and the first colon.</summary>
    public string Localpart => Value[1..Value.IndexOf(':')];

    /// <summary>The server that it belongs to.</summary>
    public ServerName Server => ServerName.Parse(Value[(Value.IndexOf(':') + 1)..]);

    /// <summary>True if the localpart keeps to today's grammar, as every id that this server gives out does.</summary>
    public bool IsStrict => Grammar.IsStrictLocalpart(Value.AsSpan(1, Value.IndexOf(':') - 1));

    /// <summary>Makes the id of a new local user; false if the localpart breaks today's grammar or the id grows too long.</summary>
    public static bool TryCreate(string localpart, ServerName server, out UserId id)
    {
        id = default;
        return Grammar.IsStrictLocalpart(localpart) && TryParse($"@{localpart}:{server.Value}", out id);
    }

    /// <inheritdoc cref="TryParse(string?, out UserId)"/>
    /// <exception cref="FormatException">The text does not fit the grammar.</exception>
    public static UserId Parse(string text) =>
        TryParse(text, out var id) ? id : throw new FormatException("Not a valid UserId.");

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? text, out UserId id)
    {
        var valid = Grammar.HasSigilAndServer(text, '@');
        id = valid ? new UserId(text!) : default;
        return valid;
    }

    /// <inheritdoc/>
    public static UserId Parse(string s, IFormatProvider? provider) => Parse(s);

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out UserId result) => TryParse(s, out result);

    /// <inheritdoc/>
    public static UserId Parse(ReadOnlySpan<char> s, IFormatProvider? provider) => Parse(s.ToString());

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out UserId result) => TryParse(s.ToString(), out result);

    /// <inheritdoc/>
    public int CompareTo(UserId other) => string.CompareOrdinal(Value, other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value;
}
