using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Matrix.Bus.Protocol;

/// <summary>The identifier grammars of the appendices, by linear scans.</summary>
static class Grammar
{
    public const int MaxBytes = 255;

    public static bool FitsSize(string text) => text.Length <= MaxBytes && Encoding.UTF8.GetByteCount(text) <= MaxBytes;

    public static bool HasSigil([NotNullWhen(true)] string? text, char sigil) =>
        text is { Length: > 1 } && text[0] == sigil && FitsSize(text) && !text.Contains('\0');

    public static bool HasSigilAndServer([NotNullWhen(true)] string? text, char sigil) =>
        HasSigil(text, sigil) && text.IndexOf(':') is > 0 and var colon && IsServerName(text.AsSpan(colon + 1));

    public static bool IsServerName([NotNullWhen(true)] string? text) => text is not null && IsServerName(text.AsSpan());

    public static bool IsServerName(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty || text.Length > MaxBytes)
            return false;
        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '-' or ':' or '[' or ']'))
                return false;
        }
        return true;
    }
}
