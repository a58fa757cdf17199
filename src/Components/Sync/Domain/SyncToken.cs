using System.Globalization;
using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;

namespace Matrix.Bus.Sync.Domain;

/// <summary>A place in the stream as clients carry it: everything up to and including the position was seen. Opaque to them;
/// the letter is the version of its form.</summary>
/// <remarks>In a room's timeline the same token stands between its position and the next; below 0 lie events of the past.</remarks>
readonly record struct SyncToken(long Position)
{
    /// <summary>The token's text.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"s{Position}");

    /// <summary>Reads a token.</summary>
    /// <exception cref="RefusedException">400 M_INVALID_PARAM.</exception>
    public static SyncToken Parse(string text) =>
        text.Length is > 1 and <= 20 && text[0] == 's'
        && long.TryParse(text.AsSpan(1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var position)
            ? new SyncToken(position)
            : throw MatrixError.InvalidParam("Not a token of this server.").AsException();
}
