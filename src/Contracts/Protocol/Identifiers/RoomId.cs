using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Matrix.Bus.Protocol;

/// <summary>A room id: !opaque:server, or !hash without a server from room version 12 on.</summary>
[JsonConverter(typeof(MatrixIdJsonConverter<RoomId>))]
public readonly record struct RoomId : IMatrixId<RoomId>, IComparable<RoomId>
{
    RoomId(string value) => Value = value;

    /// <inheritdoc/>
    public string Value { get; }

    /// <summary>The server in it, or null where this form has none.</summary>
    public ServerName? Server => Value.IndexOf(':') is > 0 and var colon && ServerName.TryParse(Value[(colon + 1)..], out var server) ? server : null;

    /// <summary>The create event that this id was derived from; null in the form with a server (versions 1 to 11).</summary>
    public EventId? CreateEventId => Server is null && EventId.TryParse("$" + Value[1..], out var id) ? id : null;

    /// <summary>A new random room id of the form with a server (versions 1 to 11).</summary>
    public static RoomId Generate(ServerName server) => new($"!{Grammar.NewOpaque()}:{server.Value}");

    /// <summary>The room id that a version 12 create event gives its room: its own id under the other sigil.</summary>
    public static RoomId FromCreateEvent(EventId createEvent) => new("!" + createEvent.Value[1..]);

    /// <summary>True if the id has the form that the version's rooms have: a server up to version 11, a bare hash since.</summary>
    public bool IsOf(RoomVersion version) => version.RoomIdIsCreateHash ? Grammar.IsHash(Value.AsSpan(1)) : Server is not null;

    /// <inheritdoc cref="TryParse(string?, out RoomId)"/>
    /// <exception cref="FormatException">The text does not fit the grammar.</exception>
    public static RoomId Parse(string text) =>
        TryParse(text, out var id) ? id : throw new FormatException("Not a valid RoomId.");

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? text, out RoomId id)
    {
        var valid = Grammar.HasSigil(text, '!');
        id = valid ? new RoomId(text!) : default;
        return valid;
    }

    /// <inheritdoc/>
    public static RoomId Parse(string s, IFormatProvider? provider) => Parse(s);

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out RoomId result) => TryParse(s, out result);

    /// <inheritdoc/>
    public static RoomId Parse(ReadOnlySpan<char> s, IFormatProvider? provider) => Parse(s.ToString());

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out RoomId result) => TryParse(s.ToString(), out result);

    /// <inheritdoc/>
    public int CompareTo(RoomId other) => string.CompareOrdinal(Value, other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value;
}
