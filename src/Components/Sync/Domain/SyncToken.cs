using System.Globalization;
using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;

namespace Matrix.Bus.Sync.Domain;

/// <summary>A place in the stream as clients carry it: everything up to and including the position was seen. Opaque to them;
/// the letter is the version of its form.</summary>
/// <remarks>In a room's timeline the same token stands between its position and the next; below 0 lie events of the past. After an
/// underscore may stand what the client knows of who types, which has no place in the stream.</remarks>
readonly record struct SyncToken(long Position)
{
    readonly IReadOnlyDictionary<uint, uint>? _typing;

    /// <summary>Who types, as the client was told: <see cref="TypingMarks"/>.</summary>
    public IReadOnlyDictionary<uint, uint> Typing
    {
        get => _typing ?? TypingMarks.None;
        init => _typing = value;
    }

    /// <summary>The token's text.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"s{Position}{(Typing.Count > 0 ? "_" : "")}{TypingMarks.Write(Typing)}");

    /// <summary>Reads a token.</summary>
    /// <exception cref="RefusedException">400 M_INVALID_PARAM.</exception>
    public static SyncToken Parse(string text)
    {
        var end = text.IndexOf('_', StringComparison.Ordinal);
        var place = end < 0 ? text : text.AsSpan(0, end);
        return place.Length is > 1 and <= 20 && place[0] == 's'
            && long.TryParse(place[1..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var position)
            && TypingMarks.TryRead(end < 0 ? [] : text.AsSpan(end + 1), out var typing)
            ? new SyncToken(position) { Typing = typing }
            : throw MatrixError.InvalidParam("Not a token of this server.").AsException();
    }
}
